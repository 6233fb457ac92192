//! Draining: take the members one knows, and what is left is the extension.
//!
//! Errors carry the path below the drained object; callers put their own place in front with [`JsonError::under`], which costs
//! nothing while all is well.

use byokey_types::{Format, JsonError, Raw, RawObject, Str};

use crate::{ir, ir::Ext, loss::Losses};

/// An object being drained.
#[derive(Debug)]
pub struct Fields(RawObject);

impl Fields {
    /// Opens an object.
    ///
    /// # Errors
    /// [`JsonError::WrongType`] with path `$` when it is none.
    pub fn open(raw: &Raw) -> Result<Self, JsonError> {
        raw.object().map(Self)
    }

    /// Drains an object that is open already.
    pub const fn of(object: RawObject) -> Self {
        Self(object)
    }

    /// Takes a member; `null` counts as absent.
    pub fn take(&mut self, key: &str) -> Option<Raw> {
        self.0.take(key).filter(|value| !value.is_null())
    }

    /// Looks at a member without taking it; `null` counts as absent.
    pub fn peek(&self, key: &str) -> Option<&Raw> {
        self.0.get(key).filter(|value| !value.is_null())
    }

    /// Whether a member is there, be it `null`.
    pub fn holds(&self, key: &str) -> bool {
        self.0.contains(key)
    }

    /// Takes a member, `null` as `null`.
    pub fn take_even_null(&mut self, key: &str) -> Option<Raw> {
        self.0.take(key)
    }

    /// Takes a member when it says something; a `null` stays, to be replayed.
    pub fn take_said(&mut self, key: &str) -> Option<Raw> {
        self.peek(key)?;
        self.0.take(key)
    }

    /// Takes a string; a lone surrogate in it is declared as approximated at `key`.
    ///
    /// # Errors
    /// [`JsonError::WrongType`] at `key`.
    pub fn text(&mut self, key: &str, losses: &mut Losses) -> Result<Option<String>, JsonError> {
        let Some(raw) = self.take(key) else {
            return Ok(None);
        };
        let (text, lossy) = raw.text_lossy().map_err(|error| error.under(key))?;
        if lossy {
            losses.approximated(key);
        }
        Ok(Some(text))
    }

    /// Takes a string that must be there.
    ///
    /// # Errors
    /// [`JsonError::Missing`] or [`JsonError::WrongType`] at `key`.
    pub fn required_text(&mut self, key: &str, losses: &mut Losses) -> Result<String, JsonError> {
        self.text(key, losses)?.ok_or_else(|| missing(key))
    }

    /// Takes a short string: a type, a name, an id.
    ///
    /// # Errors
    /// [`JsonError::WrongType`] at `key`.
    pub fn name(&mut self, key: &str) -> Result<Option<Str>, JsonError> {
        self.take(key)
            .map(|raw| raw.text().map(Str::from).map_err(|error| error.under(key)))
            .transpose()
    }

    /// Takes a short string that must be there and must not be empty.
    ///
    /// # Errors
    /// [`JsonError::Missing`], [`JsonError::WrongType`] or [`JsonError::Invalid`] at `key`.
    pub fn required_name(&mut self, key: &str) -> Result<Str, JsonError> {
        let name = self.name(key)?.ok_or_else(|| missing(key))?;
        if name.is_empty() {
            return Err(JsonError::Invalid {
                path: key.to_owned(),
                what: "must not be empty".to_owned(),
            });
        }
        Ok(name)
    }

    /// Takes a whole number that is not negative.
    ///
    /// # Errors
    /// [`JsonError::WrongType`] or [`JsonError::Invalid`] at `key`.
    pub fn whole(&mut self, key: &str) -> Result<Option<u64>, JsonError> {
        self.take(key)
            .map(|raw| raw.whole().map_err(|error| error.under(key)))
            .transpose()
    }

    /// Takes a number as it is spelled.
    ///
    /// # Errors
    /// [`JsonError::WrongType`] at `key`.
    pub fn number(&mut self, key: &str) -> Result<Option<Raw>, JsonError> {
        self.take(key)
            .map(|raw| {
                raw.expect_kind(byokey_types::JsonKind::Number)
                    .map_err(|error| error.under(key))?;
                Ok(raw)
            })
            .transpose()
    }

    /// Takes a boolean.
    ///
    /// # Errors
    /// [`JsonError::WrongType`] at `key`.
    pub fn boolean(&mut self, key: &str) -> Result<Option<bool>, JsonError> {
        self.take(key)
            .map(|raw| raw.boolean().map_err(|error| error.under(key)))
            .transpose()
    }

    /// Takes an array.
    ///
    /// # Errors
    /// [`JsonError::WrongType`] at `key`.
    pub fn array(&mut self, key: &str) -> Result<Option<Vec<Raw>>, JsonError> {
        self.take(key)
            .map(|raw| raw.array().map_err(|error| error.under(key)))
            .transpose()
    }

    /// Takes an object and opens it.
    ///
    /// # Errors
    /// [`JsonError::WrongType`] at `key`.
    pub fn object(&mut self, key: &str) -> Result<Option<Self>, JsonError> {
        self.take(key)
            .map(|raw| Self::open(&raw).map_err(|error| error.under(key)))
            .transpose()
    }

    /// Puts a member back, for the extension.
    pub fn put_back(&mut self, key: impl Into<Str>, value: Raw) {
        self.0.set(key, value);
    }

    /// What is left, as the extension of the node.
    pub fn rest(self, format: Format) -> Ext {
        ir::rest(format, self.0)
    }

    /// What is left, as long as the draining goes on.
    pub const fn as_object(&self) -> &RawObject {
        &self.0
    }

    /// What is left.
    pub fn into_object(self) -> RawObject {
        self.0
    }
}

/// The error of a required member that is not there.
pub fn missing(key: &str) -> JsonError {
    JsonError::Missing {
        path: key.to_owned(),
    }
}
