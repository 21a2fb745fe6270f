/**
 * The control plane: an API server and a scheduler. Either the stand-ins in this JVM or, if their programs are
 * available, etcd, kube-apiserver and kube-scheduler as separate processes. Used by the embedded cluster and by tests
 * that compare the stand-ins with Kubernetes.
 */
@NullMarked
package io.migpool.testbed.controlplane;

import org.jspecify.annotations.NullMarked;
