/**
 * End-to-end tests: the real applications in the embedded cluster, driven and observed as users and operators would.
 * They only use the API server, the nodes' machines and the metrics endpoints.
 */
@NullMarked
package io.migpool.testbed.e2e;

import org.jspecify.annotations.NullMarked;
