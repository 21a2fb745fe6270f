/**
 * End-to-end tests: the real applications in the embedded cluster, driven and observed as users and operators would.
 * They enter through the API server, the nodes' machines and the metrics endpoints only.
 */
@NullMarked
package io.migpool.testbed.e2e;

import org.jspecify.annotations.NullMarked;
