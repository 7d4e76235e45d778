"""Pages: what the queries say, shown to whom the rule table lets see it. Read-only but for logging in."""
