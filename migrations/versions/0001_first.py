"""The first complete schema: evaluations, the log, and what keeps the service running."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_attestation",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("way", sa.String(length=16), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("note_sha256", sa.String(length=64), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_attestation")),
    )
    op.create_index(op.f("ix_audit_attestation_way"), "audit_attestation", ["way"], unique=False)
    op.create_table(
        "audit_checkpoint",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_checkpoint")),
    )
    op.create_index(op.f("ix_audit_checkpoint_size"), "audit_checkpoint", ["size"], unique=False)
    op.create_table(
        "audit_entry",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("entry_id", sa.String(length=36), nullable=False),
        sa.Column("evaluation_id", sa.String(length=36), nullable=True),
        sa.Column("actor_id", sa.String(length=36), nullable=False),
        sa.Column("role", sa.String(length=64), nullable=False),
        sa.Column("action", sa.String(length=80), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.Column("leaf_hash", sa.LargeBinary(), nullable=False),
        sa.Column("leaf_index", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint("id = leaf_index + 1", name=op.f("ck_audit_entry_no_gap")),
        sa.CheckConstraint("length(leaf) <= 60000", name=op.f("ck_audit_entry_leaf_length")),
        sa.CheckConstraint("length(leaf_hash) = 32", name=op.f("ck_audit_entry_hash_length")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_audit_entry_entry_id")),
    )
    op.create_index("ix_audit_entry_actor", "audit_entry", ["actor_id", "id"], unique=False)
    op.create_index("ix_audit_entry_evaluation", "audit_entry", ["evaluation_id", "id"], unique=False)
    op.create_index(
        "ix_audit_entry_refused",
        "audit_entry",
        ["id"],
        unique=False,
        sqlite_where=sa.text("outcome = 'refused'"),
        postgresql_where=sa.text("outcome = 'refused'"),
    )
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("origin", sa.String(length=200), nullable=False),
        sa.Column("size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("frontier", sa.LargeBinary(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("id = 1", name=op.f("ck_audit_head_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
    op.create_table(
        "draft",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("form", sa.String(length=80), nullable=False),
        sa.Column("target", sa.String(length=200), nullable=False),
        sa.Column("evaluation_id", sa.String(length=36), nullable=True),
        sa.Column("base_version", sa.Integer(), nullable=True),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft")),
        sa.UniqueConstraint("account_id", "form", "target", name=op.f("uq_draft_account_id_form_target")),
    )
    op.create_index(op.f("ix_draft_evaluation_id"), "draft", ["evaluation_id"], unique=False)
    op.create_table(
        "idempotency_record",
        sa.Column("actor_id", sa.String(length=36), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("action", sa.String(length=80), nullable=False),
        sa.Column("entry_id", sa.String(length=36), nullable=False),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("actor_id", "key", name=op.f("pk_idempotency_record")),
    )
    op.create_index(op.f("ix_idempotency_record_at"), "idempotency_record", ["at"], unique=False)
    op.create_table(
        "intake",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("confirmed", sa.Boolean(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_intake")),
    )
    op.create_index(op.f("ix_intake_account_id"), "intake", ["account_id"], unique=False)
    op.create_table(
        "intake_item",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("intake_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("path", sa.String(length=500), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("code", sa.String(length=80), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("unit", sa.String(length=300), nullable=False),
        sa.Column("evaluation_id", sa.String(length=36), nullable=True),
        sa.Column("hard", sa.Integer(), nullable=False),
        sa.Column("doubts", sa.Integer(), nullable=False),
        sa.Column("stake", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.String(length=40), nullable=False),
        sa.Column("checks", sa.String(length=500), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_intake_item")),
        sa.UniqueConstraint("intake_id", "number", name=op.f("uq_intake_item_intake_id_number")),
    )
    op.create_index(op.f("ix_intake_item_evaluation_id"), "intake_item", ["evaluation_id"], unique=False)
    op.create_index(op.f("ix_intake_item_intake_id"), "intake_item", ["intake_id"], unique=False)
    op.create_table(
        "job",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=80), nullable=False),
        sa.Column("args", sa.Text(), nullable=False),
        sa.Column("once_key", sa.String(length=200), nullable=True),
        sa.Column("evaluation_id", sa.String(length=36), nullable=True),
        sa.Column("account_id", sa.String(length=36), nullable=True),
        sa.Column("entry_id", sa.String(length=36), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_by", sa.String(length=80), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("progress", sa.String(length=300), nullable=False),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
        sa.UniqueConstraint("once_key", name=op.f("uq_job_once_key")),
    )
    op.create_index("ix_job_due", "job", ["state", "due_at"], unique=False)
    op.create_index(op.f("ix_job_evaluation_id"), "job", ["evaluation_id"], unique=False)
    op.create_table(
        "login_attempt",
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("blocked_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_login_attempt")),
    )
    op.create_table(
        "login_session",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("authenticated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("agent", sa.String(length=300), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_session")),
    )
    op.create_index(op.f("ix_login_session_account_id"), "login_session", ["account_id"], unique=False)
    op.create_index(op.f("ix_login_session_expires_at"), "login_session", ["expires_at"], unique=False)
    op.create_table(
        "notice",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("evaluation_id", sa.String(length=36), nullable=True),
        sa.Column("kind", sa.String(length=80), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("link", sa.String(length=300), nullable=False),
        sa.Column("once_key", sa.String(length=200), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint("once_key", name=op.f("uq_notice_once_key")),
    )
    op.create_index(op.f("ix_notice_account_id"), "notice", ["account_id"], unique=False)
    op.create_index(op.f("ix_notice_evaluation_id"), "notice", ["evaluation_id"], unique=False)
    op.create_table(
        "preference",
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_preference")),
    )
    op.create_table(
        "recovery_code",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_recovery_code")),
    )
    op.create_index(op.f("ix_recovery_code_account_id"), "recovery_code", ["account_id"], unique=False)
    op.create_table(
        "retired_password",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("digest", sa.String(length=200), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retired_password")),
    )
    op.create_index(op.f("ix_retired_password_account_id"), "retired_password", ["account_id"], unique=False)
    op.create_table(
        "second_factor",
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("sealed", sa.String(length=300), nullable=False),
        sa.Column("last_step", sa.Integer(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_second_factor")),
    )
    op.create_table(
        "upload",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("evaluation_id", sa.String(length=36), nullable=False),
        sa.Column("filename", sa.String(length=300), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upload")),
    )
    op.create_index(op.f("ix_upload_account_id"), "upload", ["account_id"], unique=False)
    op.create_index(op.f("ix_upload_seen_at"), "upload", ["seen_at"], unique=False)
    op.create_table(
        "audit_disclosure",
        sa.Column("entry_id", sa.String(length=36), nullable=False),
        sa.Column("path", sa.String(length=300), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("salt", sa.String(length=64), nullable=True),
        sa.Column("body", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["audit_entry.entry_id"], name=op.f("fk_audit_disclosure_entry_id")
        ),
        sa.PrimaryKeyConstraint("entry_id", "path", name=op.f("pk_audit_disclosure")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "audit_field",
        sa.Column("table", sa.String(length=80), nullable=False),
        sa.Column("pk", sa.String(length=36), nullable=False),
        sa.Column("field", sa.String(length=80), nullable=False),
        sa.Column("entry_id", sa.String(length=36), nullable=False),
        sa.Column("evaluation_id", sa.String(length=36), nullable=True),
        sa.ForeignKeyConstraint(["entry_id"], ["audit_entry.entry_id"], name=op.f("fk_audit_field_entry_id")),
        sa.PrimaryKeyConstraint("table", "pk", "field", "entry_id", name=op.f("pk_audit_field")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "framework_version",
        sa.Column("code", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("label", sa.String(length=40), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("locked", sa.Boolean(), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("last_audit", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["last_audit"],
            ["audit_entry.entry_id"],
            name=op.f("fk_framework_version_last_audit"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_framework_version")),
        sa.UniqueConstraint("code", "label", "sha256", name=op.f("uq_framework_version_code_label_sha256")),
    )
    op.create_table(
        "organisation",
        sa.Column("code", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("last_audit", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["last_audit"],
            ["audit_entry.entry_id"],
            name=op.f("fk_organisation_last_audit"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation")),
        sa.UniqueConstraint("code", name=op.f("uq_organisation_code")),
    )
    op.create_table(
        "account",
        sa.Column("login", sa.String(length=80), nullable=False),
        sa.Column("duty", sa.String(length=80), nullable=False),
        sa.Column("organisation_id", sa.String(length=36), nullable=True),
        sa.Column("division", sa.String(length=80), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("factor", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("last_audit", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["last_audit"],
            ["audit_entry.entry_id"],
            name=op.f("fk_account_last_audit"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_account_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("login", name=op.f("uq_account_login")),
    )
    op.create_table(
        "api_token",
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("scopes", sa.String(length=200), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("revoked", sa.Boolean(), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("last_audit", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_api_token_account_id")),
        sa.ForeignKeyConstraint(
            ["last_audit"],
            ["audit_entry.entry_id"],
            name=op.f("fk_api_token_last_audit"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("digest", name=op.f("uq_api_token_digest")),
    )
    op.create_index(op.f("ix_api_token_account_id"), "api_token", ["account_id"], unique=False)
    op.create_table(
        "handover",
        sa.Column("leaver", sa.String(length=36), nullable=False),
        sa.Column("successor", sa.String(length=36), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("proposed_by", sa.String(length=36), nullable=False),
        sa.Column("confirmed_by", sa.String(length=36), nullable=True),
        sa.Column("done", sa.Boolean(), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("last_audit", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["confirmed_by"], ["account.id"], name=op.f("fk_handover_confirmed_by")),
        sa.ForeignKeyConstraint(
            ["last_audit"],
            ["audit_entry.entry_id"],
            name=op.f("fk_handover_last_audit"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(["leaver"], ["account.id"], name=op.f("fk_handover_leaver")),
        sa.ForeignKeyConstraint(["proposed_by"], ["account.id"], name=op.f("fk_handover_proposed_by")),
        sa.ForeignKeyConstraint(["successor"], ["account.id"], name=op.f("fk_handover_successor")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handover")),
    )
    op.create_table(
        "library_framework",
        sa.Column("organisation_id", sa.String(length=36), nullable=False),
        sa.Column("framework_id", sa.String(length=36), nullable=False),
        sa.Column("code", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("year", sa.String(length=20), nullable=False),
        sa.Column("area", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=80), nullable=False),
        sa.Column("leaves", sa.Integer(), nullable=False),
        sa.Column("max", sa.String(length=120), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("proposed_by", sa.String(length=36), nullable=False),
        sa.Column("decided_by", sa.String(length=36), nullable=True),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("last_audit", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["decided_by"], ["account.id"], name=op.f("fk_library_framework_decided_by")),
        sa.ForeignKeyConstraint(
            ["framework_id"], ["framework_version.id"], name=op.f("fk_library_framework_framework_id")
        ),
        sa.ForeignKeyConstraint(
            ["last_audit"],
            ["audit_entry.entry_id"],
            name=op.f("fk_library_framework_last_audit"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_library_framework_organisation_id")
        ),
        sa.ForeignKeyConstraint(
            ["proposed_by"], ["account.id"], name=op.f("fk_library_framework_proposed_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_library_framework")),
        sa.UniqueConstraint(
            "organisation_id", "code", "number", name=op.f("uq_library_framework_organisation_id_code_number")
        ),
    )
    op.create_table(
        "report_template",
        sa.Column("organisation_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("filename", sa.String(length=200), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("prints", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("proposed_by", sa.String(length=36), nullable=False),
        sa.Column("decided_by", sa.String(length=36), nullable=True),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("last_audit", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["decided_by"], ["account.id"], name=op.f("fk_report_template_decided_by")),
        sa.ForeignKeyConstraint(
            ["last_audit"],
            ["audit_entry.entry_id"],
            name=op.f("fk_report_template_last_audit"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_report_template_organisation_id")
        ),
        sa.ForeignKeyConstraint(["proposed_by"], ["account.id"], name=op.f("fk_report_template_proposed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_template")),
        sa.UniqueConstraint(
            "organisation_id", "name", "number", name=op.f("uq_report_template_organisation_id_name_number")
        ),
    )
    op.create_index(
        op.f("ix_report_template_organisation_id"), "report_template", ["organisation_id"], unique=False
    )
    op.create_table(
        "rule_decision",
        sa.Column("organisation_id", sa.String(length=36), nullable=False),
        sa.Column("book", sa.String(length=300), nullable=False),
        sa.Column("book_sha256", sa.String(length=64), nullable=False),
        sa.Column("place", sa.String(length=120), nullable=False),
        sa.Column("node", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("wording", sa.Text(), nullable=False),
        sa.Column("proposed", sa.Text(), nullable=True),
        sa.Column("adopted", sa.Text(), nullable=True),
        sa.Column("verdict", sa.String(length=64), nullable=False),
        sa.Column("decided_by", sa.String(length=36), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("last_audit", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["decided_by"], ["account.id"], name=op.f("fk_rule_decision_decided_by")),
        sa.ForeignKeyConstraint(
            ["last_audit"],
            ["audit_entry.entry_id"],
            name=op.f("fk_rule_decision_last_audit"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_rule_decision_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_decision")),
    )
    op.create_table(
        "evaluation",
        sa.Column("code", sa.String(length=80), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("stage", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=64), nullable=False),
        sa.Column("year", sa.String(length=20), nullable=False),
        sa.Column("subject_kind", sa.String(length=20), nullable=False),
        sa.Column("subject_name", sa.String(length=300), nullable=False),
        sa.Column("secrecy", sa.String(length=20), nullable=False),
        sa.Column("publicity", sa.String(length=40), nullable=False),
        sa.Column("policy", sa.String(length=20), nullable=False),
        sa.Column("profile", sa.String(length=80), nullable=False),
        sa.Column("template_id", sa.String(length=36), nullable=True),
        sa.Column("framework_id", sa.String(length=36), nullable=True),
        sa.Column("self_due_on", sa.Date(), nullable=True),
        sa.Column("scores_submitted", sa.Boolean(), nullable=False),
        sa.Column("suspend_asked_by", sa.String(length=36), nullable=True),
        sa.Column("terminate_asked_by", sa.String(length=36), nullable=True),
        sa.Column("review_passed_by", sa.String(length=36), nullable=True),
        sa.Column("imported", sa.Boolean(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("last_audit", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["framework_id"], ["framework_version.id"], name=op.f("fk_evaluation_framework_id")
        ),
        sa.ForeignKeyConstraint(
            ["last_audit"],
            ["audit_entry.entry_id"],
            name=op.f("fk_evaluation_last_audit"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["review_passed_by"], ["account.id"], name=op.f("fk_evaluation_review_passed_by")
        ),
        sa.ForeignKeyConstraint(
            ["suspend_asked_by"], ["account.id"], name=op.f("fk_evaluation_suspend_asked_by")
        ),
        sa.ForeignKeyConstraint(
            ["template_id"], ["report_template.id"], name=op.f("fk_evaluation_template_id")
        ),
        sa.ForeignKeyConstraint(
            ["terminate_asked_by"], ["account.id"], name=op.f("fk_evaluation_terminate_asked_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluation")),
        sa.UniqueConstraint("code", name=op.f("uq_evaluation_code")),
    )
    op.create_table(
        "adjustment",
        sa.Column("evaluation_id", sa.String(length=36), nullable=False),
        sa.Column("author", sa.String(length=36), nullable=False),
        sa.Column("target", sa.String(length=20), nullable=False),
        sa.Column("awarded", sa.String(length=120), nullable=False),
        sa.Column("revises", sa.String(length=36), nullable=True),
        sa.Column("sheet", sa.String(length=60), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("node", sa.String(length=60), nullable=False),
        sa.Column("stage", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("clause", sa.String(length=300), nullable=False),
        sa.Column("no_evidence", sa.String(length=300), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("origin", sa.String(length=40), nullable=False),
        sa.Column("asked_by", sa.String(length=120), nullable=False),
        sa.Column("paper", sa.String(length=200), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("last_audit", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["author"], ["account.id"], name=op.f("fk_adjustment_author")),
        sa.ForeignKeyConstraint(
            ["evaluation_id"], ["evaluation.id"], name=op.f("fk_adjustment_evaluation_id")
        ),
        sa.ForeignKeyConstraint(
            ["last_audit"],
            ["audit_entry.entry_id"],
            name=op.f("fk_adjustment_last_audit"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(["revises"], ["adjustment.id"], name=op.f("fk_adjustment_revises")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_adjustment")),
        sa.UniqueConstraint("evaluation_id", "code", name=op.f("uq_adjustment_evaluation_id_code")),
    )
    op.create_index(op.f("ix_adjustment_evaluation_id"), "adjustment", ["evaluation_id"], unique=False)
    op.create_table(
        "archive_package",
        sa.Column("evaluation_id", sa.String(length=36), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("retention", sa.String(length=40), nullable=False),
        sa.Column("files", sa.Integer(), nullable=False),
        sa.Column("log_size", sa.BigInteger(), nullable=False),
        sa.Column("taken_by", sa.String(length=36), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("last_audit", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["evaluation_id"], ["evaluation.id"], name=op.f("fk_archive_package_evaluation_id")
        ),
        sa.ForeignKeyConstraint(
            ["last_audit"],
            ["audit_entry.entry_id"],
            name=op.f("fk_archive_package_last_audit"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(["taken_by"], ["account.id"], name=op.f("fk_archive_package_taken_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_archive_package")),
    )
    op.create_index(
        op.f("ix_archive_package_evaluation_id"), "archive_package", ["evaluation_id"], unique=False
    )
    op.create_table(
        "claim",
        sa.Column("evaluation_id", sa.String(length=36), nullable=False),
        sa.Column("node", sa.String(length=60), nullable=False),
        sa.Column("target", sa.String(length=300), nullable=False),
        sa.Column("actual", sa.String(length=300), nullable=False),
        sa.Column("points", sa.String(length=120), nullable=True),
        sa.Column("deviation", sa.Text(), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("last_audit", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["evaluation_id"], ["evaluation.id"], name=op.f("fk_claim_evaluation_id")),
        sa.ForeignKeyConstraint(
            ["last_audit"],
            ["audit_entry.entry_id"],
            name=op.f("fk_claim_last_audit"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim")),
        sa.UniqueConstraint("evaluation_id", "node", name=op.f("uq_claim_evaluation_id_node")),
    )
    op.create_index(op.f("ix_claim_evaluation_id"), "claim", ["evaluation_id"], unique=False)
    op.create_table(
        "conflict_declaration",
        sa.Column("evaluation_id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("conflict", sa.Boolean(), nullable=False),
        sa.Column("statement", sa.String(length=500), nullable=False),
        sa.Column("overridden_by", sa.String(length=36), nullable=True),
        sa.Column("override_reason", sa.String(length=500), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("last_audit", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_conflict_declaration_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["evaluation_id"], ["evaluation.id"], name=op.f("fk_conflict_declaration_evaluation_id")
        ),
        sa.ForeignKeyConstraint(
            ["last_audit"],
            ["audit_entry.entry_id"],
            name=op.f("fk_conflict_declaration_last_audit"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["overridden_by"], ["account.id"], name=op.f("fk_conflict_declaration_overridden_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conflict_declaration")),
        sa.UniqueConstraint(
            "evaluation_id", "account_id", name=op.f("uq_conflict_declaration_evaluation_id_account_id")
        ),
    )
    op.create_index(
        op.f("ix_conflict_declaration_evaluation_id"), "conflict_declaration", ["evaluation_id"], unique=False
    )
    op.create_table(
        "deduction",
        sa.Column("evaluation_id", sa.String(length=36), nullable=False),
        sa.Column("author", sa.String(length=36), nullable=False),
        sa.Column("amount", sa.String(length=120), nullable=True),
        sa.Column("bonus", sa.Boolean(), nullable=False),
        sa.Column("revises", sa.String(length=36), nullable=True),
        sa.Column("sheet", sa.String(length=60), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("node", sa.String(length=60), nullable=False),
        sa.Column("stage", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("clause", sa.String(length=300), nullable=False),
        sa.Column("no_evidence", sa.String(length=300), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("origin", sa.String(length=40), nullable=False),
        sa.Column("asked_by", sa.String(length=120), nullable=False),
        sa.Column("paper", sa.String(length=200), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("last_audit", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["author"], ["account.id"], name=op.f("fk_deduction_author")),
        sa.ForeignKeyConstraint(
            ["evaluation_id"], ["evaluation.id"], name=op.f("fk_deduction_evaluation_id")
        ),
        sa.ForeignKeyConstraint(
            ["last_audit"],
            ["audit_entry.entry_id"],
            name=op.f("fk_deduction_last_audit"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(["revises"], ["deduction.id"], name=op.f("fk_deduction_revises")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deduction")),
        sa.UniqueConstraint("evaluation_id", "code", name=op.f("uq_deduction_evaluation_id_code")),
    )
    op.create_index(op.f("ix_deduction_evaluation_id"), "deduction", ["evaluation_id"], unique=False)
    op.create_table(
        "draft_issue",
        sa.Column("evaluation_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("issued_by", sa.String(length=36), nullable=False),
        sa.Column("total", sa.String(length=40), nullable=True),
        sa.Column("sheet_sha256", sa.String(length=64), nullable=False),
        sa.Column("awarded", sa.Text(), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("last_audit", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["evaluation_id"], ["evaluation.id"], name=op.f("fk_draft_issue_evaluation_id")
        ),
        sa.ForeignKeyConstraint(["issued_by"], ["account.id"], name=op.f("fk_draft_issue_issued_by")),
        sa.ForeignKeyConstraint(
            ["last_audit"],
            ["audit_entry.entry_id"],
            name=op.f("fk_draft_issue_last_audit"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft_issue")),
        sa.UniqueConstraint("evaluation_id", "number", name=op.f("uq_draft_issue_evaluation_id_number")),
    )
    op.create_index(op.f("ix_draft_issue_evaluation_id"), "draft_issue", ["evaluation_id"], unique=False)
    op.create_table(
        "evidence",
        sa.Column("evaluation_id", sa.String(length=36), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("klass", sa.String(length=40), nullable=False),
        sa.Column("source", sa.String(length=300), nullable=False),
        sa.Column("proves", sa.String(length=500), nullable=False),
        sa.Column("period", sa.String(length=80), nullable=False),
        sa.Column("stage", sa.String(length=64), nullable=False),
        sa.Column("stand_in", sa.Boolean(), nullable=False),
        sa.Column("author", sa.String(length=36), nullable=False),
        sa.Column("void", sa.Boolean(), nullable=False),
        sa.Column("void_reason", sa.String(length=300), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("last_audit", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["author"], ["account.id"], name=op.f("fk_evidence_author")),
        sa.ForeignKeyConstraint(["evaluation_id"], ["evaluation.id"], name=op.f("fk_evidence_evaluation_id")),
        sa.ForeignKeyConstraint(
            ["last_audit"],
            ["audit_entry.entry_id"],
            name=op.f("fk_evidence_last_audit"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence")),
        sa.UniqueConstraint("evaluation_id", "code", name=op.f("uq_evidence_evaluation_id_code")),
    )
    op.create_index(op.f("ix_evidence_evaluation_id"), "evidence", ["evaluation_id"], unique=False)
    op.create_table(
        "leaf_result",
        sa.Column("evaluation_id", sa.String(length=36), nullable=False),
        sa.Column("sheet", sa.String(length=60), nullable=False),
        sa.Column("node", sa.String(length=60), nullable=False),
        sa.Column("stage", sa.String(length=64), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("author", sa.String(length=36), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("last_audit", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["author"], ["account.id"], name=op.f("fk_leaf_result_author")),
        sa.ForeignKeyConstraint(
            ["evaluation_id"], ["evaluation.id"], name=op.f("fk_leaf_result_evaluation_id")
        ),
        sa.ForeignKeyConstraint(
            ["last_audit"],
            ["audit_entry.entry_id"],
            name=op.f("fk_leaf_result_last_audit"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leaf_result")),
        sa.UniqueConstraint(
            "evaluation_id", "sheet", "node", name=op.f("uq_leaf_result_evaluation_id_sheet_node")
        ),
    )
    op.create_index(op.f("ix_leaf_result_evaluation_id"), "leaf_result", ["evaluation_id"], unique=False)
    op.create_table(
        "money_fact",
        sa.Column("evaluation_id", sa.String(length=36), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("fen", sa.BigInteger(), nullable=True),
        sa.Column("printed", sa.String(length=60), nullable=False),
        sa.Column("source", sa.String(length=300), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("last_audit", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["evaluation_id"], ["evaluation.id"], name=op.f("fk_money_fact_evaluation_id")
        ),
        sa.ForeignKeyConstraint(
            ["last_audit"],
            ["audit_entry.entry_id"],
            name=op.f("fk_money_fact_last_audit"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_money_fact")),
        sa.UniqueConstraint("evaluation_id", "code", name=op.f("uq_money_fact_evaluation_id_code")),
    )
    op.create_index(op.f("ix_money_fact_evaluation_id"), "money_fact", ["evaluation_id"], unique=False)
    op.create_table(
        "narrative",
        sa.Column("evaluation_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("section", sa.String(length=120), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("author", sa.String(length=36), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("last_audit", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["author"], ["account.id"], name=op.f("fk_narrative_author")),
        sa.ForeignKeyConstraint(
            ["evaluation_id"], ["evaluation.id"], name=op.f("fk_narrative_evaluation_id")
        ),
        sa.ForeignKeyConstraint(
            ["last_audit"],
            ["audit_entry.entry_id"],
            name=op.f("fk_narrative_last_audit"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_narrative")),
        sa.UniqueConstraint(
            "evaluation_id", "kind", "section", name=op.f("uq_narrative_evaluation_id_kind_section")
        ),
    )
    op.create_index(op.f("ix_narrative_evaluation_id"), "narrative", ["evaluation_id"], unique=False)
    op.create_table(
        "opinion",
        sa.Column("evaluation_id", sa.String(length=36), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("organisation_id", sa.String(length=36), nullable=False),
        sa.Column("lapsed", sa.Boolean(), nullable=False),
        sa.Column("agrees", sa.Boolean(), nullable=False),
        sa.Column("node", sa.String(length=60), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("author", sa.String(length=36), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("last_audit", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["author"], ["account.id"], name=op.f("fk_opinion_author")),
        sa.ForeignKeyConstraint(["evaluation_id"], ["evaluation.id"], name=op.f("fk_opinion_evaluation_id")),
        sa.ForeignKeyConstraint(
            ["last_audit"],
            ["audit_entry.entry_id"],
            name=op.f("fk_opinion_last_audit"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_opinion_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opinion")),
        sa.UniqueConstraint("evaluation_id", "code", name=op.f("uq_opinion_evaluation_id_code")),
    )
    op.create_index(op.f("ix_opinion_evaluation_id"), "opinion", ["evaluation_id"], unique=False)
    op.create_table(
        "party",
        sa.Column("evaluation_id", sa.String(length=36), nullable=False),
        sa.Column("organisation_id", sa.String(length=36), nullable=False),
        sa.Column("part", sa.String(length=40), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("last_audit", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["evaluation_id"], ["evaluation.id"], name=op.f("fk_party_evaluation_id")),
        sa.ForeignKeyConstraint(
            ["last_audit"],
            ["audit_entry.entry_id"],
            name=op.f("fk_party_last_audit"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_party_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_party")),
        sa.UniqueConstraint(
            "evaluation_id",
            "part",
            "organisation_id",
            name=op.f("uq_party_evaluation_id_part_organisation_id"),
        ),
    )
    op.create_index(op.f("ix_party_evaluation_id"), "party", ["evaluation_id"], unique=False)
    op.create_index(op.f("ix_party_organisation_id"), "party", ["organisation_id"], unique=False)
    op.create_table(
        "plan",
        sa.Column("evaluation_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("framework_id", sa.String(length=36), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("effect", sa.Text(), nullable=False),
        sa.Column("panel_opinion", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("proposed_by", sa.String(length=36), nullable=False),
        sa.Column("approved_by", sa.String(length=36), nullable=True),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("last_audit", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["approved_by"], ["account.id"], name=op.f("fk_plan_approved_by")),
        sa.ForeignKeyConstraint(["evaluation_id"], ["evaluation.id"], name=op.f("fk_plan_evaluation_id")),
        sa.ForeignKeyConstraint(
            ["framework_id"], ["framework_version.id"], name=op.f("fk_plan_framework_id")
        ),
        sa.ForeignKeyConstraint(
            ["last_audit"],
            ["audit_entry.entry_id"],
            name=op.f("fk_plan_last_audit"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(["proposed_by"], ["account.id"], name=op.f("fk_plan_proposed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan")),
        sa.UniqueConstraint("evaluation_id", "number", name=op.f("uq_plan_evaluation_id_number")),
    )
    op.create_index(op.f("ix_plan_evaluation_id"), "plan", ["evaluation_id"], unique=False)
    op.create_table(
        "quotation",
        sa.Column("evaluation_id", sa.String(length=36), nullable=False),
        sa.Column("path", sa.String(length=200), nullable=False),
        sa.Column("printed", sa.String(length=300), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("last_audit", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["evaluation_id"], ["evaluation.id"], name=op.f("fk_quotation_evaluation_id")
        ),
        sa.ForeignKeyConstraint(
            ["last_audit"],
            ["audit_entry.entry_id"],
            name=op.f("fk_quotation_last_audit"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quotation")),
        sa.UniqueConstraint("evaluation_id", "path", name=op.f("uq_quotation_evaluation_id_path")),
    )
    op.create_index(op.f("ix_quotation_evaluation_id"), "quotation", ["evaluation_id"], unique=False)
    op.create_table(
        "report_version",
        sa.Column("evaluation_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("profile", sa.String(length=80), nullable=False),
        sa.Column("template_sha256", sa.String(length=64), nullable=False),
        sa.Column("total", sa.String(length=80), nullable=True),
        sa.Column("total_scaled", sa.BigInteger(), nullable=True),
        sa.Column("grade", sa.String(length=20), nullable=False),
        sa.Column("snapshot_sha256", sa.String(length=64), nullable=False),
        sa.Column("docx_sha256", sa.String(length=64), nullable=False),
        sa.Column("frozen_sha256", sa.String(length=64), nullable=False),
        sa.Column("final_sha256", sa.String(length=64), nullable=True),
        sa.Column("media", sa.String(length=10), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("frozen_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("findings", sa.Text(), nullable=False),
        sa.Column("waivers", sa.Text(), nullable=False),
        sa.Column("requested_by", sa.String(length=36), nullable=True),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("last_audit", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["evaluation_id"], ["evaluation.id"], name=op.f("fk_report_version_evaluation_id")
        ),
        sa.ForeignKeyConstraint(
            ["last_audit"],
            ["audit_entry.entry_id"],
            name=op.f("fk_report_version_last_audit"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["requested_by"], ["account.id"], name=op.f("fk_report_version_requested_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_version")),
        sa.UniqueConstraint("evaluation_id", "number", name=op.f("uq_report_version_evaluation_id_number")),
    )
    op.create_index(
        op.f("ix_report_version_evaluation_id"), "report_version", ["evaluation_id"], unique=False
    )
    op.create_table(
        "report_waiver",
        sa.Column("evaluation_id", sa.String(length=36), nullable=False),
        sa.Column("finding", sa.String(length=64), nullable=False),
        sa.Column("rule", sa.String(length=40), nullable=False),
        sa.Column("severity", sa.String(length=10), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("expected", sa.Text(), nullable=False),
        sa.Column("actual", sa.Text(), nullable=False),
        sa.Column("formula", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("waived_by", sa.String(length=36), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.Column("withdrawn_reason", sa.Text(), nullable=False),
        sa.Column("withdrawn_by", sa.String(length=36), nullable=True),
        sa.Column("withdrawn_on", sa.Date(), nullable=True),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("last_audit", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["evaluation_id"], ["evaluation.id"], name=op.f("fk_report_waiver_evaluation_id")
        ),
        sa.ForeignKeyConstraint(
            ["last_audit"],
            ["audit_entry.entry_id"],
            name=op.f("fk_report_waiver_last_audit"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(["waived_by"], ["account.id"], name=op.f("fk_report_waiver_waived_by")),
        sa.ForeignKeyConstraint(["withdrawn_by"], ["account.id"], name=op.f("fk_report_waiver_withdrawn_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_waiver")),
    )
    op.create_index(op.f("ix_report_waiver_evaluation_id"), "report_waiver", ["evaluation_id"], unique=False)
    op.create_table(
        "return_order",
        sa.Column("evaluation_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("from_stage", sa.String(length=64), nullable=False),
        sa.Column("to_stage", sa.String(length=64), nullable=False),
        sa.Column("straight_back", sa.Boolean(), nullable=False),
        sa.Column("items", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=36), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("resolved_on", sa.Date(), nullable=True),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("last_audit", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["by"], ["account.id"], name=op.f("fk_return_order_by")),
        sa.ForeignKeyConstraint(
            ["evaluation_id"], ["evaluation.id"], name=op.f("fk_return_order_evaluation_id")
        ),
        sa.ForeignKeyConstraint(
            ["last_audit"],
            ["audit_entry.entry_id"],
            name=op.f("fk_return_order_last_audit"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_return_order")),
        sa.UniqueConstraint("evaluation_id", "number", name=op.f("uq_return_order_evaluation_id_number")),
    )
    op.create_index(op.f("ix_return_order_evaluation_id"), "return_order", ["evaluation_id"], unique=False)
    op.create_table(
        "review_item",
        sa.Column("evaluation_id", sa.String(length=36), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("node", sa.String(length=60), nullable=False),
        sa.Column("verdict", sa.String(length=64), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("author", sa.String(length=36), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("last_audit", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["author"], ["account.id"], name=op.f("fk_review_item_author")),
        sa.ForeignKeyConstraint(
            ["evaluation_id"], ["evaluation.id"], name=op.f("fk_review_item_evaluation_id")
        ),
        sa.ForeignKeyConstraint(
            ["last_audit"],
            ["audit_entry.entry_id"],
            name=op.f("fk_review_item_last_audit"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_item")),
        sa.UniqueConstraint(
            "evaluation_id", "round", "subject", name=op.f("uq_review_item_evaluation_id_round_subject")
        ),
    )
    op.create_index(op.f("ix_review_item_evaluation_id"), "review_item", ["evaluation_id"], unique=False)
    op.create_table(
        "role_grant",
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("role", sa.String(length=64), nullable=False),
        sa.Column("organisation_id", sa.String(length=36), nullable=True),
        sa.Column("evaluation_id", sa.String(length=36), nullable=True),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("proposed_by", sa.String(length=36), nullable=False),
        sa.Column("confirmed_by", sa.String(length=36), nullable=True),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("last_audit", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_role_grant_account_id")),
        sa.ForeignKeyConstraint(["confirmed_by"], ["account.id"], name=op.f("fk_role_grant_confirmed_by")),
        sa.ForeignKeyConstraint(
            ["evaluation_id"], ["evaluation.id"], name=op.f("fk_role_grant_evaluation_id")
        ),
        sa.ForeignKeyConstraint(
            ["last_audit"],
            ["audit_entry.entry_id"],
            name=op.f("fk_role_grant_last_audit"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_role_grant_organisation_id")
        ),
        sa.ForeignKeyConstraint(["proposed_by"], ["account.id"], name=op.f("fk_role_grant_proposed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_grant")),
    )
    op.create_index(op.f("ix_role_grant_account_id"), "role_grant", ["account_id"], unique=False)
    op.create_index(op.f("ix_role_grant_evaluation_id"), "role_grant", ["evaluation_id"], unique=False)
    op.create_table(
        "self_assessment",
        sa.Column("evaluation_id", sa.String(length=36), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("claimed_total", sa.String(length=120), nullable=True),
        sa.Column("claimed_grade", sa.String(length=20), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("submitted_on", sa.Date(), nullable=True),
        sa.Column("submitted_by", sa.String(length=36), nullable=True),
        sa.Column("opened", sa.Boolean(), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("edited_by", sa.String(length=36), nullable=True),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("last_audit", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["edited_by"], ["account.id"], name=op.f("fk_self_assessment_edited_by")),
        sa.ForeignKeyConstraint(
            ["evaluation_id"], ["evaluation.id"], name=op.f("fk_self_assessment_evaluation_id")
        ),
        sa.ForeignKeyConstraint(
            ["last_audit"],
            ["audit_entry.entry_id"],
            name=op.f("fk_self_assessment_last_audit"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["submitted_by"], ["account.id"], name=op.f("fk_self_assessment_submitted_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_self_assessment")),
        sa.UniqueConstraint("evaluation_id", "round", name=op.f("uq_self_assessment_evaluation_id_round")),
    )
    op.create_index(
        op.f("ix_self_assessment_evaluation_id"), "self_assessment", ["evaluation_id"], unique=False
    )
    op.create_table(
        "stage_track",
        sa.Column("evaluation_id", sa.String(length=36), nullable=False),
        sa.Column("stage", sa.String(length=64), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("entered_on", sa.Date(), nullable=False),
        sa.Column("left_on", sa.Date(), nullable=True),
        sa.Column("mode", sa.String(length=64), nullable=False),
        sa.Column("ground", sa.Text(), nullable=False),
        sa.Column("total", sa.String(length=40), nullable=True),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("last_audit", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["evaluation_id"], ["evaluation.id"], name=op.f("fk_stage_track_evaluation_id")
        ),
        sa.ForeignKeyConstraint(
            ["last_audit"],
            ["audit_entry.entry_id"],
            name=op.f("fk_stage_track_last_audit"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stage_track")),
    )
    op.create_index(op.f("ix_stage_track_evaluation_id"), "stage_track", ["evaluation_id"], unique=False)
    op.create_table(
        "supplement",
        sa.Column("evaluation_id", sa.String(length=36), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("mandatory", sa.Boolean(), nullable=False),
        sa.Column("items", sa.Text(), nullable=False),
        sa.Column("nodes", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("requested_by", sa.String(length=36), nullable=False),
        sa.Column("requested_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("answered_by", sa.String(length=36), nullable=True),
        sa.Column("answered_on", sa.Date(), nullable=True),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("last_audit", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["answered_by"], ["account.id"], name=op.f("fk_supplement_answered_by")),
        sa.ForeignKeyConstraint(
            ["evaluation_id"], ["evaluation.id"], name=op.f("fk_supplement_evaluation_id")
        ),
        sa.ForeignKeyConstraint(
            ["last_audit"],
            ["audit_entry.entry_id"],
            name=op.f("fk_supplement_last_audit"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(["requested_by"], ["account.id"], name=op.f("fk_supplement_requested_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supplement")),
        sa.UniqueConstraint("evaluation_id", "code", name=op.f("uq_supplement_evaluation_id_code")),
    )
    op.create_index(op.f("ix_supplement_evaluation_id"), "supplement", ["evaluation_id"], unique=False)
    op.create_table(
        "visit",
        sa.Column("evaluation_id", sa.String(length=36), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("on", sa.Date(), nullable=True),
        sa.Column("on_printed", sa.String(length=80), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("method", sa.String(length=120), nullable=False),
        sa.Column("people", sa.String(length=300), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("closed", sa.Boolean(), nullable=False),
        sa.Column("author", sa.String(length=36), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("last_audit", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["author"], ["account.id"], name=op.f("fk_visit_author")),
        sa.ForeignKeyConstraint(["evaluation_id"], ["evaluation.id"], name=op.f("fk_visit_evaluation_id")),
        sa.ForeignKeyConstraint(
            ["last_audit"],
            ["audit_entry.entry_id"],
            name=op.f("fk_visit_last_audit"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit")),
        sa.UniqueConstraint("evaluation_id", "code", name=op.f("uq_visit_evaluation_id_code")),
    )
    op.create_index(op.f("ix_visit_evaluation_id"), "visit", ["evaluation_id"], unique=False)
    op.create_table(
        "approval",
        sa.Column("evaluation_id", sa.String(length=36), nullable=False),
        sa.Column("part", sa.String(length=40), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("report_id", sa.String(length=36), nullable=True),
        sa.Column("seen_sha256", sa.String(length=64), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("signature", sa.String(length=64), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("void", sa.Boolean(), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("last_audit", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_approval_account_id")),
        sa.ForeignKeyConstraint(["evaluation_id"], ["evaluation.id"], name=op.f("fk_approval_evaluation_id")),
        sa.ForeignKeyConstraint(
            ["last_audit"],
            ["audit_entry.entry_id"],
            name=op.f("fk_approval_last_audit"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(["report_id"], ["report_version.id"], name=op.f("fk_approval_report_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval")),
    )
    op.create_index(op.f("ix_approval_evaluation_id"), "approval", ["evaluation_id"], unique=False)
    op.create_table(
        "disposition",
        sa.Column("opinion_id", sa.String(length=36), nullable=False),
        sa.Column("verdict", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("effect", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.String(length=36), nullable=False),
        sa.Column("confirmed_by", sa.String(length=36), nullable=True),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("last_audit", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["confirmed_by"], ["account.id"], name=op.f("fk_disposition_confirmed_by")),
        sa.ForeignKeyConstraint(
            ["last_audit"],
            ["audit_entry.entry_id"],
            name=op.f("fk_disposition_last_audit"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(["opinion_id"], ["opinion.id"], name=op.f("fk_disposition_opinion_id")),
        sa.ForeignKeyConstraint(["proposed_by"], ["account.id"], name=op.f("fk_disposition_proposed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disposition")),
        sa.UniqueConstraint("opinion_id", name=op.f("uq_disposition_opinion_id")),
    )
    op.create_table(
        "evidence_link",
        sa.Column("evidence_id", sa.String(length=36), nullable=False),
        sa.Column("target_kind", sa.String(length=20), nullable=False),
        sa.Column("target", sa.String(length=80), nullable=False),
        sa.Column("void", sa.Boolean(), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("last_audit", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["evidence_id"], ["evidence.id"], name=op.f("fk_evidence_link_evidence_id")),
        sa.ForeignKeyConstraint(
            ["last_audit"],
            ["audit_entry.entry_id"],
            name=op.f("fk_evidence_link_last_audit"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence_link")),
        sa.UniqueConstraint(
            "evidence_id",
            "target_kind",
            "target",
            name=op.f("uq_evidence_link_evidence_id_target_kind_target"),
        ),
    )
    op.create_index(op.f("ix_evidence_link_evidence_id"), "evidence_link", ["evidence_id"], unique=False)
    op.create_table(
        "evidence_version",
        sa.Column("evidence_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("sm3", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("media", sa.String(length=40), nullable=False),
        sa.Column("filename", sa.String(length=300), nullable=False),
        sa.Column("author", sa.String(length=36), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("last_audit", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["author"], ["account.id"], name=op.f("fk_evidence_version_author")),
        sa.ForeignKeyConstraint(
            ["evidence_id"], ["evidence.id"], name=op.f("fk_evidence_version_evidence_id")
        ),
        sa.ForeignKeyConstraint(
            ["last_audit"],
            ["audit_entry.entry_id"],
            name=op.f("fk_evidence_version_last_audit"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence_version")),
        sa.UniqueConstraint("evidence_id", "number", name=op.f("uq_evidence_version_evidence_id_number")),
    )
    op.create_index(
        op.f("ix_evidence_version_evidence_id"), "evidence_version", ["evidence_id"], unique=False
    )
    op.create_index(op.f("ix_evidence_version_sha256"), "evidence_version", ["sha256"], unique=False)
    op.create_table(
        "finding",
        sa.Column("evaluation_id", sa.String(length=36), nullable=False),
        sa.Column("visit_id", sa.String(length=36), nullable=True),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("nodes", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("response", sa.Text(), nullable=False),
        sa.Column("responded_by", sa.String(length=36), nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("answered_by", sa.String(length=36), nullable=True),
        sa.Column("author", sa.String(length=36), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("last_audit", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["answered_by"], ["account.id"], name=op.f("fk_finding_answered_by")),
        sa.ForeignKeyConstraint(["author"], ["account.id"], name=op.f("fk_finding_author")),
        sa.ForeignKeyConstraint(["evaluation_id"], ["evaluation.id"], name=op.f("fk_finding_evaluation_id")),
        sa.ForeignKeyConstraint(
            ["last_audit"],
            ["audit_entry.entry_id"],
            name=op.f("fk_finding_last_audit"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(["responded_by"], ["account.id"], name=op.f("fk_finding_responded_by")),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("fk_finding_visit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finding")),
        sa.UniqueConstraint("evaluation_id", "code", name=op.f("uq_finding_evaluation_id_code")),
    )
    op.create_index(op.f("ix_finding_evaluation_id"), "finding", ["evaluation_id"], unique=False)
    op.create_table(
        "paper_act",
        sa.Column("evaluation_id", sa.String(length=36), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("act", sa.String(length=60), nullable=False),
        sa.Column("document_no", sa.String(length=120), nullable=False),
        sa.Column("form_code", sa.String(length=60), nullable=False),
        sa.Column("document_on", sa.Date(), nullable=False),
        sa.Column("for_account", sa.String(length=36), nullable=False),
        sa.Column("registered_by", sa.String(length=36), nullable=False),
        sa.Column("evidence_id", sa.String(length=36), nullable=True),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("last_audit", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["evaluation_id"], ["evaluation.id"], name=op.f("fk_paper_act_evaluation_id")
        ),
        sa.ForeignKeyConstraint(["evidence_id"], ["evidence.id"], name=op.f("fk_paper_act_evidence_id")),
        sa.ForeignKeyConstraint(["for_account"], ["account.id"], name=op.f("fk_paper_act_for_account")),
        sa.ForeignKeyConstraint(
            ["last_audit"],
            ["audit_entry.entry_id"],
            name=op.f("fk_paper_act_last_audit"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(["registered_by"], ["account.id"], name=op.f("fk_paper_act_registered_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper_act")),
        sa.UniqueConstraint("evaluation_id", "code", name=op.f("uq_paper_act_evaluation_id_code")),
    )
    op.create_index(op.f("ix_paper_act_evaluation_id"), "paper_act", ["evaluation_id"], unique=False)
    op.create_table(
        "public_copy",
        sa.Column("evaluation_id", sa.String(length=36), nullable=False),
        sa.Column("report_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("template_sha256", sa.String(length=64), nullable=False),
        sa.Column("hidden_sections", sa.Text(), nullable=False),
        sa.Column("hidden_nodes", sa.Text(), nullable=False),
        sa.Column("hidden_parties", sa.Text(), nullable=False),
        sa.Column("hidden_amounts", sa.Text(), nullable=False),
        sa.Column("hidden_words", sa.Text(), nullable=False),
        sa.Column("taken_by", sa.String(length=36), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("last_audit", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["evaluation_id"], ["evaluation.id"], name=op.f("fk_public_copy_evaluation_id")
        ),
        sa.ForeignKeyConstraint(
            ["last_audit"],
            ["audit_entry.entry_id"],
            name=op.f("fk_public_copy_last_audit"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(["report_id"], ["report_version.id"], name=op.f("fk_public_copy_report_id")),
        sa.ForeignKeyConstraint(["taken_by"], ["account.id"], name=op.f("fk_public_copy_taken_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_public_copy")),
    )
    op.create_index(op.f("ix_public_copy_evaluation_id"), "public_copy", ["evaluation_id"], unique=False)
    op.create_table(
        "revocation",
        sa.Column("grant_id", sa.String(length=36), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("proposed_by", sa.String(length=36), nullable=False),
        sa.Column("decided_by", sa.String(length=36), nullable=True),
        sa.Column("done", sa.Boolean(), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("last_audit", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["decided_by"], ["account.id"], name=op.f("fk_revocation_decided_by")),
        sa.ForeignKeyConstraint(["grant_id"], ["role_grant.id"], name=op.f("fk_revocation_grant_id")),
        sa.ForeignKeyConstraint(
            ["last_audit"],
            ["audit_entry.entry_id"],
            name=op.f("fk_revocation_last_audit"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(["proposed_by"], ["account.id"], name=op.f("fk_revocation_proposed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revocation")),
    )
    op.create_index(op.f("ix_revocation_grant_id"), "revocation", ["grant_id"], unique=False)


def downgrade() -> None:
    raise NotImplementedError("痕迹日志不能倒退；请从备份恢复")
