"""`simula plan`: what a run or a sweep would make, share and cost, before anything is spent."""

from __future__ import annotations

from simula.plan.assumptions import Assumptions
from simula.plan.steps import Plan, Step, plan
from simula.plan.table import print_plan, still_to_do

__all__ = ["Assumptions", "Plan", "Step", "plan", "print_plan", "still_to_do"]
