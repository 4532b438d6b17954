#!/bin/sh
# Run after each start of object storage; every step may be repeated. The apps make their buckets themselves, as a user
# who may do so for these buckets and nothing else.
set -eu
mc alias set store http://minio:9000 root "$MINIO_ROOT_PASSWORD"
mc admin user add store catena "$S3_SECRET_KEY"
mc admin policy create store catena /minio-policy.json
# Attaching twice is an error to mc; what counts is that it is attached.
mc admin policy attach store catena --user catena || mc admin user info store catena | grep -q 'PolicyName: catena'
