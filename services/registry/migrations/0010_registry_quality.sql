-- What the rules of the register said of each household's rows when it was last named: a standing list, without values.
-- depends: 0009_registry_priority

-- migrate: apply

CREATE TABLE quality_findings (
    household_id uuid  NOT NULL,
    place        int   NOT NULL,
    rule         text  NOT NULL,
    severity     text  NOT NULL,
    column_name  text  NOT NULL,
    row_number   int   NOT NULL,
    person_id    uuid,
    import_id    uuid  NOT NULL,
    as_of        date  NOT NULL,
    PRIMARY KEY (household_id, place)
);

CREATE INDEX quality_findings_rule ON quality_findings (rule, household_id);

CREATE INDEX quality_findings_person ON quality_findings (person_id) WHERE person_id IS NOT NULL;

-- migrate: rollback

DROP TABLE quality_findings;
