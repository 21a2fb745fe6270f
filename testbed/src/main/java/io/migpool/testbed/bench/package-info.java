/**
 * Benchmarks of decisions, without a cluster around them: how well placements pack, compared with other rules on equal terms.
 * Nothing else may depend on it; it uses the extender's placement code as it is.
 */
@NullMarked
package io.migpool.testbed.bench;

import org.jspecify.annotations.NullMarked;
