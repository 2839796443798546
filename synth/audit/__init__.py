"""Is a data set still what it was when it was made?"""
