"""How dates are written where Django's own choice could be misread."""
