"""What an access answer contains: the walk over the declarations, the list of Art. 15, and the files made of them."""
