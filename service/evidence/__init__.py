"""Files of a case: kept by content, looked at before they are accepted."""
