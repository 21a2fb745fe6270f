/**
 * The client-visible facts about Kubernetes on which this project relies. The tests use the control plane only through
 * a client, so they hold the doubles of this module and, if {@code KUBEBUILDER_ASSETS} names its programs, the real one
 * to the same behaviour. Any difference is a defect of the double. What kubelet does is tested in the package of its
 * double, without comparison.
 */
@NullMarked
package io.migpool.testbed.conformance;

import org.jspecify.annotations.NullMarked;
