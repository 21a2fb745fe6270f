/**
 * What a client can see of the facts about Kubernetes that this project stands on. The tests know the control plane by a client
 * only, so they hold the doubles of this module and, where {@code KUBEBUILDER_ASSETS} names its programs, the real one to the
 * same. Whatever differs is a defect of the double. What kubelet does is tested in the package of its double, without comparison.
 */
@NullMarked
package io.migpool.testbed.conformance;

import org.jspecify.annotations.NullMarked;
