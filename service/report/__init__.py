"""The 绩效评价报告: neutral model, profiles, templates, rendering, self-check, signature."""
