"""What people look at: contact sheets of scenes with their labels drawn."""
