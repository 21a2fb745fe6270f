/** Identity and permissions of callers: tokens, RBAC, and the record of all requests. */
@NullMarked
package io.migpool.testbed.apiserver.access;

import org.jspecify.annotations.NullMarked;
