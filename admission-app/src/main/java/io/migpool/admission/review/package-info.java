/**
 * Decides about a pod that is being created: admitted as it is, admitted with a patch, or denied with a remedy. Plain
 * Java on JSON, without CDI, REST or a Kubernetes client.
 */
@NullMarked
package io.migpool.admission.review;

import org.jspecify.annotations.NullMarked;
