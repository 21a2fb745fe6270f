/**
 * A Kubernetes API server for tests and demos, in this JVM, plain HTTP on the loopback address: what a client may rely on is
 * what the real one does, and what it cannot do it refuses with a sentence.
 *
 * <p>The rest of the testbed enters through {@link io.migpool.testbed.apiserver.ApiServer}, with
 * {@link io.migpool.testbed.apiserver.faults.Faults} and {@link io.migpool.testbed.apiserver.access.Access} behind it, and then
 * talks HTTP like anybody else; nothing in here knows MigPool. A request goes from {@code http} through {@code access} and
 * {@code faults} to {@code verbs}, which ask {@code kinds} and {@code admission} before they write to {@code store}.
 */
@NullMarked
package io.migpool.testbed.apiserver;

import org.jspecify.annotations.NullMarked;
