"""The paper's figures and tables, beside ours, from whatever results exist: `python -m experiments`."""
