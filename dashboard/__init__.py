"""Two faces of the same results: the Streamlit app and the edgewise command line."""
