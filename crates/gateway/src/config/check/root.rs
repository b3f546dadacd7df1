//! Whose metadata is read at the root of a host: the named one's, or the only one's (G-04).

use crate::config::{findings::Findings, typed::ResourceConfig};

/// Chooses for each resource, `said` being what is written of it.
pub(crate) fn choose(
    resources: &mut [Option<ResourceConfig>],
    said: &[Option<bool>],
    findings: &mut Findings,
) {
    let hosts: Vec<_> =
        resources.iter().map(|it| it.as_ref().map(|resource| resource.identifier.authority())).collect();
    for (index, resource) in resources.iter_mut().enumerate() {
        let others = |at: &usize| *at != index && hosts[*at] == hosts[index];
        let Some(resource) = resource else { continue };
        let is_alone = !(0..hosts.len()).any(|at| others(&at));
        resource.metadata_at_root = said[index].unwrap_or(is_alone);
        if said[index] == Some(true)
            && let Some(other) = (0..index).filter(others).find(|at| said[*at] == Some(true))
        {
            let path = format!("resource[{index}].metadata_at_root");
            let message = format!("is said of resource[{other}] of the same host too");
            findings.wrong(&path, "true", message, "a host has one root: leave one of them out");
        }
    }
}
