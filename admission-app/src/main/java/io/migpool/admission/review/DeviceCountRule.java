package io.migpool.admission.review;

import io.migpool.contracts.request.ContainerGpuRequest;

/**
 * Adds the number of devices where a container only requests memory or compute. Without it, kubelet would give the
 * container nothing: the count is the only resource that a node advertises.
 */
final class DeviceCountRule implements Rule {

    @Override
    public Opinion review(PodUnderReview pod, ReviewPolicy policy) {
        return pod.requests().stream()
                .filter(ContainerGpuRequest::countDefaulted)
                .map(request -> Opinion.change(new Edit.Put(
                        pod.container(request)
                                .path("resources", "limits", policy.resources().count()),
                        Integer.toString(request.devices()))))
                .reduce(Opinion.NONE, Opinion::and);
    }
}
