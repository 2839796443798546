"""What sets synthetic frames apart from real photos, and which setting would bring them nearer."""
