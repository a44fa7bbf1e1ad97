"""Why we may process, and who may enter the register."""
