//! Where the formats of a provider are.

use std::borrow::Cow;

use byokey_types::{Format, ProviderId, provider::ProviderConfig};

use super::RegistryError;
use crate::{Auth, Endpoint, Manifest, manifest::ManifestEndpoint};

/// The endpoints of a provider, or of an account of it that has a base URL of its own.
///
/// A configured base replaces that of every protocol; configured protocols replace the manifest's.
pub(super) fn endpoints(
    id: &ProviderId,
    manifest: Option<&Manifest>,
    config: &ProviderConfig,
    own_base: Option<&str>,
) -> Result<Vec<Endpoint>, RegistryError> {
    let known = manifest.map_or(&[][..], |manifest| &manifest.endpoints);
    let protocols: Vec<Format> = if config.protocols.is_empty() {
        known.iter().map(|endpoint| endpoint.protocol).collect()
    } else {
        config.protocols.clone()
    };
    if protocols.is_empty() {
        return Err(RegistryError::ProtocolMissing(id.clone()));
    }
    let base = own_base.or(config.base_url.as_deref());
    protocols
        .into_iter()
        .map(|protocol| endpoint(id, protocol, known, base))
        .collect()
}

fn endpoint(
    id: &ProviderId,
    protocol: Format,
    known: &[ManifestEndpoint],
    base: Option<&str>,
) -> Result<Endpoint, RegistryError> {
    let known = known.iter().find(|endpoint| endpoint.protocol == protocol);
    let version = known.and_then(|endpoint| endpoint.version.as_deref());
    let given = base.map(|base| match (version, unversioned(base)) {
        (Some(version), Some(stem)) => Cow::Owned(format!("{stem}/{version}")),
        (Some(_) | None, _) => Cow::Borrowed(base),
    });
    let known_base = known.and_then(|endpoint| endpoint.base_url.as_deref());
    let base = given.or(known_base.map(Cow::Borrowed));
    let base = base.ok_or_else(|| RegistryError::BaseUrlMissing {
        provider: id.clone(),
        protocol,
    })?;
    let auth = known
        .and_then(|endpoint| endpoint.auth)
        .unwrap_or(Auth::of(protocol));
    Endpoint::new(protocol, &base, auth).map_err(|source| RegistryError::BaseUrl {
        provider: id.clone(),
        source,
    })
}

/// The part of a base URL before the version of an API.
fn unversioned(base: &str) -> Option<&str> {
    let base = base.trim_end_matches('/');
    base.strip_suffix("/v1").or(base.strip_suffix("/v1beta"))
}
