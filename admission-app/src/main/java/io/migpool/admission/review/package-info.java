/**
 * Decides about a pod that is being created: admitted as it is, admitted with a patch, or denied with a remedy. Plain
 * Java on JSON, without CDI, REST or a Kubernetes client. Used by the root package, {@code api}, {@code cluster} and {@code observe}.
 */
@NullMarked
package io.migpool.admission.review;

import org.jspecify.annotations.NullMarked;
