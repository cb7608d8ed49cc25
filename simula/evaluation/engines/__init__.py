"""Who computes a student's answers: one engine a file, behind one protocol."""
