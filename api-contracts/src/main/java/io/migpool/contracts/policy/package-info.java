/** What pods, namespaces and operators may say about where GPUs are taken from: HAMi's annotations and names, and ours. */
@NullMarked
package io.migpool.contracts.policy;

import org.jspecify.annotations.NullMarked;
