"""From figures to pages, pictures and tables."""
