package io.migpool.extender.cluster;

import com.fasterxml.jackson.databind.BeanDescription;
import com.fasterxml.jackson.databind.DeserializationConfig;
import com.fasterxml.jackson.databind.PropertyName;
import com.fasterxml.jackson.databind.deser.BeanDeserializerBuilder;
import com.fasterxml.jackson.databind.deser.BeanDeserializerModifier;
import com.fasterxml.jackson.databind.deser.SettableBeanProperty;
import com.fasterxml.jackson.databind.module.SimpleModule;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.NodeSpec;
import io.fabric8.kubernetes.api.model.NodeStatus;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodStatus;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Lets Jackson skip what scheduling does not read of Kubernetes objects, about nine tenths of a usual pod. The other fields
 * look absent, whatever their content; what has been read must not be written back as a whole. Writing is not affected.
 */
public final class NeededFields extends SimpleModule {

    private static final Map<Class<?>, Set<String>> OF_PODS = Map.of(
            PodSpec.class, Set.of("nodeName", "initContainers", "containers"),
            Container.class, Set.of("name", "resources", "restartPolicy"),
            PodStatus.class, Set.of("phase", "nominatedNodeName"));

    private static final Map<Class<?>, Set<String>> OF_OBJECTS = Map.of(
            ObjectMeta.class,
            Set.of("namespace", "name", "uid", "resourceVersion", "annotations", "deletionTimestamp"),
            NodeSpec.class,
            Set.of("unschedulable"),
            NodeStatus.class,
            Set.of("allocatable", "conditions"));

    private NeededFields(Map<Class<?>, Set<String>> needed) {
        super("needed-fields");
        setDeserializerModifier(new Skipping(needed));
    }

    /** Skips parts of pods' specifications and status; other objects, and all metadata, are read as a whole. */
    public static NeededFields ofPods() {
        return new NeededFields(OF_PODS);
    }

    /** Skips parts of pods and nodes, and of the metadata of all objects. */
    public static NeededFields ofObjects() {
        Map<Class<?>, Set<String>> needed = new HashMap<>(OF_PODS);
        needed.putAll(OF_OBJECTS);
        return new NeededFields(needed);
    }

    private static final class Skipping extends BeanDeserializerModifier {

        private static final long serialVersionUID = 1;

        private final transient Map<Class<?>, Set<String>> needed;

        Skipping(Map<Class<?>, Set<String>> needed) {
            this.needed = needed;
        }

        @Override
        public BeanDeserializerBuilder updateBuilder(
                DeserializationConfig config, BeanDescription type, BeanDeserializerBuilder builder) {
            Set<String> names = needed.get(type.getBeanClass());
            if (names == null) {
                return builder;
            }
            List<PropertyName> others = new ArrayList<>();
            for (var properties = builder.getProperties(); properties.hasNext(); ) {
                SettableBeanProperty property = properties.next();
                if (!names.contains(property.getName())) {
                    others.add(property.getFullName());
                }
            }
            others.forEach(builder::removeProperty);
            // Otherwise skipped fields would be kept as unknown ones. At least one name: none would mean all.
            builder.addIncludable("");
            names.forEach(builder::addIncludable);
            return builder;
        }
    }
}
