#!/bin/sh
# Run by the image on an empty volume, and by hand where a role is new: a database, the owner who migrates it, the role
# that its workers work as, and the API's. What is there already gets these passwords.
set -eu
psql --no-psqlrc --quiet -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres -v database="$DATABASE" <<'SQL'
\getenv owner_password OWNER_PASSWORD
\getenv app_password APP_PASSWORD
\getenv api_password API_PASSWORD
SELECT :'database' || '_owner' AS owner, :'database' || '_app' AS app, :'database' || '_api' AS api \gset
SELECT format('CREATE ROLE %I', name) FROM unnest(ARRAY[:'owner', :'app', :'api']) AS name
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec
ALTER ROLE :"owner" LOGIN PASSWORD :'owner_password';
ALTER ROLE :"app" LOGIN PASSWORD :'app_password' CONNECTION LIMIT 50;
ALTER ROLE :"api" LOGIN PASSWORD :'api_password' CONNECTION LIMIT 200;
SELECT format('CREATE DATABASE %I OWNER %I', :'database', :'owner')
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'database') \gexec
REVOKE ALL ON DATABASE :"database", postgres, template1 FROM PUBLIC;
GRANT CONNECT ON DATABASE :"database" TO :"app", :"api";
\connect :database
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION lo_creat(integer), lo_create(oid), lo_from_bytea(oid, bytea) FROM PUBLIC;
SQL
