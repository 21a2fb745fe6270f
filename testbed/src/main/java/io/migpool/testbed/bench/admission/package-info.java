/** The benchmark of the admission webhook: the real application, called over verified TLS. */
@NullMarked
package io.migpool.testbed.bench.admission;

import org.jspecify.annotations.NullMarked;
