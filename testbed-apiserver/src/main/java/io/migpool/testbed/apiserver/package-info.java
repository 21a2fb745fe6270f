/**
 * A Kubernetes API server for tests and demos, in this JVM, over plain HTTP on the loopback address. It behaves like
 * the real one in everything that clients may rely on, and refuses what it does not support with a clear message.
 *
 * <p>Other modules start it through {@link io.migpool.testbed.apiserver.ApiServer}, which also gives access to
 * {@link io.migpool.testbed.apiserver.faults.Faults} and {@link io.migpool.testbed.apiserver.access.Access}, and then
 * talk to it over HTTP like any client; nothing in here knows MigPool. A request goes from {@code http} through
 * {@code access} and {@code faults} to {@code verbs}, which ask {@code kinds} and {@code admission} before they write
 * to {@code store}.
 */
@NullMarked
package io.migpool.testbed.apiserver;

import org.jspecify.annotations.NullMarked;
