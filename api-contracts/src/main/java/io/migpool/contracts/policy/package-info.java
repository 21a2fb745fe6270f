/** How pods, namespaces and operators choose GPUs: HAMi's annotations and names, and ours. */
@NullMarked
package io.migpool.contracts.policy;

import org.jspecify.annotations.NullMarked;
