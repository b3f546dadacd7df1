//! A condition over who asks and what is asked for, in CEL (the Common Expression Language), compiled at start.
//!
//! It sees `claims` (all of the token), `token` (`issuer`, `subject`, `client_id`, `tenant`, `scopes`, `is_machine`),
//! `operation` (`method`, `name`) and `arguments`. It allows by being true. False denies, and so does an error, another
//! value, or arguments that two parsers could read differently ([`ArgumentsError`]).
//!
//! What it costs is bounded: the expression and the arguments are, and comprehensions do not nest.

mod check;
mod facts;

pub(super) use facts::Facts;

use cel::{Context, Env, ExecutionError, Program, Value};
use facts::Situation;
use portcullis_mcp::ArgumentsError;
use std::{
    fmt,
    sync::{Arc, LazyLock},
};

/// Longer ones cannot be read by people. In bytes.
const MAX_EXPRESSION: usize = 2000;

static LANGUAGE: LazyLock<Arc<Env>> = LazyLock::new(|| Arc::new(Env::stdlib()));

/// A compiled condition.
#[derive(Clone)]
pub struct Condition {
    source: Arc<str>,
    program: Arc<Program>,
    reads: Reads,
}

/// Which variables it looks at; the others are not made.
#[derive(Clone, Copy, Debug, Default)]
struct Reads {
    claims: bool,
    token: bool,
    operation: bool,
    arguments: bool,
}

/// The expression is no condition.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{what}", .at.map(|at| format!("at character {at}: ")).unwrap_or_default())]
#[non_exhaustive]
pub struct ConditionError {
    /// Where in the expression, counted in characters from 1.
    pub at: Option<usize>,
    /// What is wrong there.
    pub what: String,
}

/// A condition that could not be judged. Names no value: they are a stranger's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConditionFailure {
    /// Its arguments cannot be decided about.
    #[error(transparent)]
    Arguments(#[from] ArgumentsError),
    /// It looked for a member that is not there; `has(…)` asks first.
    #[error("a member that the condition looks at is not there")]
    NoSuchMember,
    /// It applied something to values it is not for.
    #[error("the condition compares or combines values of the wrong kind")]
    WrongKind,
    /// Any other fault, such as an index out of bounds.
    #[error("the condition could not be evaluated")]
    Fault,
    /// It is neither true nor false.
    #[error("the condition is neither true nor false")]
    NotABoolean,
}

impl Condition {
    /// Compiles a condition.
    ///
    /// # Errors
    /// [`ConditionError`]: it is not CEL, names what there is not, or could cost without bound.
    pub fn compile(source: &str) -> Result<Self, ConditionError> {
        if source.len() > MAX_EXPRESSION {
            let what = format!("the expression is longer than {MAX_EXPRESSION} bytes");
            return Err(ConditionError { at: None, what });
        }
        let (program, reads) = with_deep_stack(|| {
            let program = LANGUAGE.compile(source).map_err(|errors| syntax(source, &errors))?;
            let reads = check::check(&program)?;
            Ok((program, reads))
        })?;
        Ok(Self { source: source.into(), program: Arc::new(program), reads })
    }

    /// The expression as it was written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Whether it can be judged with the arguments of a call only.
    pub fn reads_arguments(&self) -> bool {
        self.reads.arguments
    }

    /// Whether it allows.
    pub(super) fn holds(&self, situation: &mut Situation<'_, '_>) -> Result<bool, ConditionFailure> {
        let arguments = self.reads.arguments.then(|| situation.arguments()).transpose()?;
        let variables = situation.variables(self.reads, arguments.as_ref());
        let mut context = Context::with_env(LANGUAGE.clone());
        context.set_variable_resolver(&variables);
        match self.program.execute(&context) {
            Ok(Value::Bool(holds)) => Ok(holds),
            Ok(_) => Err(ConditionFailure::NotABoolean),
            Err(error) => Err(failure(&error)),
        }
    }
}

impl fmt::Debug for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Condition({:?})", self.source)
    }
}

/// The parser goes as deep as the expression before anybody can say that it is too deep.
fn with_deep_stack<T: Send>(
    compile: impl FnOnce() -> Result<T, ConditionError> + Send,
) -> Result<T, ConditionError> {
    /// For as many levels as [`MAX_EXPRESSION`] allows, at some 35 KB each.
    const STACK: usize = 128 * 1024 * 1024;
    let fault = || ConditionError { at: None, what: "it could not be compiled".to_owned() };
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, compile);
        thread.map_err(|_| fault())?.join().map_err(|_| fault())?
    })
}

/// What the language says holds values; none of it is kept.
fn failure(error: &ExecutionError) -> ConditionFailure {
    if matches!(error, ExecutionError::NoSuchKey(_)) {
        return ConditionFailure::NoSuchMember;
    }
    let is_wrong_kind = matches!(
        error,
        ExecutionError::NoSuchOverload(_)
            | ExecutionError::ValuesNotComparable(..)
            | ExecutionError::UnexpectedType { .. }
            | ExecutionError::UnsupportedTargetType { .. }
            | ExecutionError::UnsupportedBinaryOperator(..)
            | ExecutionError::NotSupportedAsMethod { .. }
    );
    if is_wrong_kind { ConditionFailure::WrongKind } else { ConditionFailure::Fault }
}

/// The first error, in one line.
fn syntax(source: &str, errors: &cel::ParseErrors) -> ConditionError {
    let Some(first) = errors.errors.first() else {
        return ConditionError { at: None, what: "it is not CEL".to_owned() };
    };
    let (line, column) =
        (usize::try_from(first.pos.0).unwrap_or(1), usize::try_from(first.pos.1).unwrap_or(1));
    let before = source.split_inclusive('\n').take(line.saturating_sub(1)).map(|line| line.chars().count());
    let what = first.msg.lines().next().unwrap_or("it is not CEL").trim_start_matches("Syntax error: ");
    ConditionError { at: Some(before.sum::<usize>() + column), what: what.to_owned() }
}

#[cfg(test)]
mod tests;
