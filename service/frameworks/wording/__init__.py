"""From the wording of a scoring standard to a rule somebody may confirm; pure, nothing is stored here.

- `propose` reads one leaf's wording by general turns of phrase (得满分, 每…扣…, 分档, 按比例, 酌情), never
  by the words of one framework. What it reads it can show: every proposal cites the sentences it came from.
- What the wording does not say is not filled in: it becomes 酌情, "not stated", or no rule with the reason.
- Sentences about points that went into no part of the rule are told beside it.
"""
