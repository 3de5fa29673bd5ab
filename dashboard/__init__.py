"""The top floor: two faces of the same results, the Streamlit app and the `edgewise` command line."""

from dashboard import environment

environment.refuse_other_datasets_package()
