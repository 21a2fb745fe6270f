/**
 * What makes a cluster out of nodes: an API server and who schedules. Either the stand-ins of this JVM or, where their programs
 * are there, etcd, kube-apiserver and kube-scheduler as processes of their own. The embedded cluster and tests that hold the
 * stand-ins to what Kubernetes does enter here.
 */
@NullMarked
package io.migpool.testbed.controlplane;

import org.jspecify.annotations.NullMarked;
