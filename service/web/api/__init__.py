"""``/api/v1``: what the pages show and do, for programs.

- Acts are those of the pages (`service.web.forms`), reads are the pages' queries; both are described in
  the OpenAPI document made from the same schemas, so that description and behaviour cannot drift apart.
- A bearer token opens what its owner may open, no more; a login cookie opens nothing here.
- Errors are problem details (RFC 9457) with the codes of `service.errors`.
"""
