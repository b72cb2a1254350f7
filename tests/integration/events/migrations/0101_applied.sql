-- What a consumer applied, one row each, and the notes that it cannot take now.
-- depends:

-- migrate: apply

CREATE TABLE applied (number bigint PRIMARY KEY, stream uuid NOT NULL, n int NOT NULL, nth bigserial);
CREATE TABLE poison (n int PRIMARY KEY);

-- migrate: rollback

DROP TABLE poison, applied;
