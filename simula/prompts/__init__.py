"""One Jinja file a teacher call, its reply schema, and the one way to put it to a teacher."""

from simula.prompts.asking import Asker
from simula.prompts.rendering import system_prompt, template_hash
from simula.prompts.tally import Spent, Tally, Total, total

__all__ = ["Asker", "Spent", "Tally", "Total", "system_prompt", "template_hash", "total"]
