-- The one administrator becomes the security administrator; the other two are given by him
-- depends: 0001_access_accounts

-- migrate: apply

UPDATE accounts SET role = 'security-admin', version = version + 1 WHERE role = 'admin';

-- migrate: rollback

UPDATE accounts SET role = 'admin', version = version + 1 WHERE role = 'security-admin';
