#!/bin/sh
# Run once by the image, on an empty volume: a database, the owner who migrates it, and the role that works in it.
set -eu
psql --no-psqlrc --quiet -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres -v database="$DATABASE" <<'SQL'
\getenv owner_password OWNER_PASSWORD
\getenv app_password APP_PASSWORD
SELECT :'database' || '_owner' AS owner, :'database' || '_app' AS app \gset
CREATE ROLE :"owner" LOGIN PASSWORD :'owner_password';
CREATE ROLE :"app" LOGIN PASSWORD :'app_password';
CREATE DATABASE :"database" OWNER :"owner";
REVOKE ALL ON DATABASE :"database", postgres, template1 FROM PUBLIC;
GRANT CONNECT ON DATABASE :"database" TO :"app";
\connect :database
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
SQL
