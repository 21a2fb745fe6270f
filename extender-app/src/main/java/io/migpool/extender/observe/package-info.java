/**
 * What people and dashboards see: metrics of the pool under HAMi's names, durations of the verbs, Events on pods.
 * Reads the cluster view and the hold book; decides nothing.
 */
@NullMarked
package io.migpool.extender.observe;

import org.jspecify.annotations.NullMarked;
