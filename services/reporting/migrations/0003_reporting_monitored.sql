-- Women who are watched and not registered as poor (监测对象) stand in a column of their own, those who left in none.
-- depends: 0002_reporting_states

-- migrate: apply

DROP VIEW women_cells;
CREATE VIEW women_cells AS
SELECT w.woman_id, w.recorded, w.until, w.household_id, w.division, w.status, w.target_group, w.measures,
       r.registered AS population,
       w.status = 'exited' AS exited,
       r.poor AS not_exited,
       r.registered AND w.baseline_exit AS baseline_exited,
       r.registered AND w.lifted AS lifted,
       w.status = 'returned' AS returned,
       r.registered AND r.matched AS matched,
       w.status = 'exited' AND r.matched AS matched_exited,
       r.poor AND r.matched AS matched_not_exited,
       r.poor AND NOT r.matched AS unmatched,
       r.poor AND r.able AS able_adults,
       r.poor AND r.able AND NOT 'development' = ANY (w.classes) AS unmatched_able_adults,
       w.status = 'monitored' AS monitored
FROM women w
CROSS JOIN LATERAL (
    SELECT w.status NOT IN ('monitored', 'left') AS registered,
           w.status NOT IN ('exited', 'monitored', 'left') AS poor,
           w.classes && ARRAY['development', 'relief'] AS matched,
           w.target_group = 'able_adult' AS able
) r;

-- migrate: rollback

DROP VIEW women_cells;
CREATE VIEW women_cells AS
SELECT w.woman_id, w.recorded, w.until, w.household_id, w.division, w.status, w.target_group, w.measures,
       true AS population,
       w.status = 'exited' AS exited,
       w.status <> 'exited' AS not_exited,
       w.baseline_exit AS baseline_exited,
       w.lifted,
       w.status = 'returned' AS returned,
       w.classes && ARRAY['development', 'relief'] AS matched,
       w.status = 'exited' AND w.classes && ARRAY['development', 'relief'] AS matched_exited,
       w.status <> 'exited' AND w.classes && ARRAY['development', 'relief'] AS matched_not_exited,
       w.status <> 'exited' AND NOT w.classes && ARRAY['development', 'relief'] AS unmatched,
       w.status <> 'exited' AND w.target_group = 'able_adult' AS able_adults,
       w.status <> 'exited' AND w.target_group = 'able_adult' AND NOT 'development' = ANY (w.classes)
           AS unmatched_able_adults
FROM women w;
