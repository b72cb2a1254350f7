-- The order of a waiting list takes income per head and measures so far into account, and keeps why.
-- depends: 0006_training_restricted

-- migrate: apply

ALTER TABLE women ADD COLUMN household_id uuid;

-- Income per head of each household and year, as the registry publishes it; assessed: worked out from its inputs.
CREATE TABLE household_incomes (
    household_id uuid NOT NULL,
    year         int NOT NULL,
    per_head_fen bigint NOT NULL,
    number       bigint NOT NULL,
    assessed     boolean NOT NULL,
    PRIMARY KEY (household_id, year)
);

ALTER TABLE waitlist
    ADD COLUMN rule        text NOT NULL DEFAULT '',
    ADD COLUMN income_fen  bigint,
    ADD COLUMN income_year int,
    ADD COLUMN measures    int NOT NULL DEFAULT 0;
-- Places of before counted who is about to leave poverty (pre_exit, 2) after who is not (1); they are one class now.
UPDATE waitlist SET rank = rank - 1 WHERE rank > 1;

-- migrate: rollback

UPDATE waitlist SET rank = rank + 1 WHERE rank > 1 OR status = 'pre_exit';
ALTER TABLE waitlist DROP COLUMN measures, DROP COLUMN income_year, DROP COLUMN income_fen, DROP COLUMN rule;
DROP TABLE household_incomes;
ALTER TABLE women DROP COLUMN household_id;
