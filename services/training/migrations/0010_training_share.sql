-- The share of registered women: of which kind an organiser is, and heads that were typed where there is no roster.
-- depends: 0009_training_course_life

-- migrate: apply

ALTER TABLE courses
    ADD COLUMN organiser_kind     text NOT NULL DEFAULT 'other',
    ADD COLUMN typed_participants int,
    ADD COLUMN typed_women        int;
-- The words of policies.organiser_kind.
UPDATE courses SET organiser_kind = CASE
    WHEN organiser ~ '妇联|妇女联合会' THEN 'federation'
    WHEN organiser ~ '(局|办|办公室|委员会|政府|厅|服务中心|农技站)$' THEN 'government'
    ELSE 'other' END;

-- migrate: rollback

ALTER TABLE courses DROP COLUMN typed_women, DROP COLUMN typed_participants, DROP COLUMN organiser_kind;
