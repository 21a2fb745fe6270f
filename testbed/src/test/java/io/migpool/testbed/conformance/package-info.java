/**
 * What Kubernetes does as far as this project stands on it, one test for each fact. The tests know the control plane by a client
 * only, so they hold the doubles of this module and, where {@code KUBEBUILDER_ASSETS} names its programs, the real one to the
 * same. Whatever differs is a defect of the double.
 */
@NullMarked
package io.migpool.testbed.conformance;

import org.jspecify.annotations.NullMarked;
