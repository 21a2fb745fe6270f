/**
 * A stand-in for kube-scheduler: serial scheduling cycles with overlapping binds that call an extender over HTTP with
 * the JSON of {@code extender/v1}. It shares no code with the extender of this project, so that neither hides the
 * other's mistakes. Used only by the testbed's cluster and tests.
 */
@NullMarked
package io.migpool.testbed.scheduler;

import org.jspecify.annotations.NullMarked;
