package io.migpool.testbed.apiserver.kinds;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.apiserver.model.FieldError;
import io.migpool.testbed.apiserver.model.Json;
import java.util.ArrayList;
import java.util.List;

/** The role and the subjects of RoleBindings and ClusterRoleBindings. */
final class RoleBindingStrategy implements KindStrategy {
    private static final String GROUP = "rbac.authorization.k8s.io";
    private static final String ACCOUNT = "ServiceAccount";
    private static final List<String> SUBJECTS = List.of(ACCOUNT, "User", "Group");

    @Override
    public void defaults(ObjectNode binding) {
        if (binding.get("roleRef") instanceof ObjectNode role) {
            Json.putIfAbsent(role, "apiGroup", GROUP);
        }
        for (ObjectNode subject : Json.objects(binding, "subjects")) {
            if (!Json.text(subject, "kind").equals(ACCOUNT)) {
                Json.putIfAbsent(subject, "apiGroup", GROUP);
            }
        }
    }

    @Override
    public List<FieldError> validate(ObjectNode binding) {
        List<FieldError> errors = new ArrayList<>();
        ObjectNode role = Json.child(binding, "roleRef");
        boolean namespaced = binding.path("kind").asText().equals("RoleBinding");
        List<String> roles = namespaced ? List.of("Role", "ClusterRole") : List.of("ClusterRole");
        FieldError.oneOf("roleRef.apiGroup", Json.text(role, "apiGroup"), List.of(GROUP), errors);
        FieldError.oneOf("roleRef.kind", Json.text(role, "kind"), roles, errors);
        if (Json.text(role, "name").isEmpty()) {
            errors.add(FieldError.required("roleRef.name", ""));
        }
        int index = 0;
        for (ObjectNode subject : Json.objects(binding, "subjects")) {
            String path = "subjects[" + index++ + "]";
            subject(path, subject, errors);
            boolean account = Json.text(subject, "kind").equals(ACCOUNT);
            if (account && !namespaced && Json.text(subject, "namespace").isEmpty()) {
                errors.add(FieldError.required(path + ".namespace", ""));
            }
        }
        return errors;
    }

    private static void subject(String path, ObjectNode subject, List<FieldError> errors) {
        String kind = Json.text(subject, "kind");
        String name = Json.text(subject, "name");
        if (name.isEmpty()) {
            errors.add(FieldError.required(path + ".name", ""));
        }
        FieldError.oneOf(path + ".kind", kind, SUBJECTS, errors);
        if (kind.equals(ACCOUNT) && !name.isEmpty() && !Names.isSubdomain(name)) {
            errors.add(FieldError.invalid(path + ".name", name, Names.SUBDOMAIN_RULE));
        }
        FieldError.oneOf(
                path + ".apiGroup", Json.text(subject, "apiGroup"), List.of(kind.equals(ACCOUNT) ? "" : GROUP), errors);
    }
}
