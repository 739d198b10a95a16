//! One source file, read for what the rules ask: the paths it names, the length of its functions, its test modules.

use proc_macro2::{Delimiter, Spacing, Span, TokenStream, TokenTree};
use syn::{
    Attribute, Block, ExprAsync, ImplItemFn, ItemExternCrate, ItemFn, ItemMod, ItemUse, Path, Signature, TraitItemFn, UseTree,
    VisRestricted,
    visit::{self, Visit},
};

/// What a file says.
#[derive(Default)]
pub(crate) struct Reading {
    /// Every path in `use`, code, attributes and macros.
    pub(crate) names: Vec<Name>,
    /// Functions with the line they begin in and the lines between their braces.
    pub(crate) functions: Vec<(String, usize, usize)>,
    /// Lines of `async`, outside tests.
    pub(crate) asyncs: Vec<usize>,
    /// Beginnings of the paths of files that are test modules.
    pub(crate) test_files: Vec<String>,
    folder: String,
    module: Vec<String>,
    in_test: bool,
}

/// A path named in a file.
pub(crate) struct Name {
    pub(crate) line: usize,
    pub(crate) segments: Vec<String>,
    /// The module it stands in, from the crate's root.
    pub(crate) module: Vec<String>,
    pub(crate) in_test: bool,
}

/// Reads a file below `src/`.
pub(crate) fn read(path: &str, text: &str) -> syn::Result<Reading> {
    let file = syn::parse_file(text)?;
    let stem = path.trim_start_matches("src/").trim_end_matches(".rs").trim_end_matches("/mod");
    let root = matches!(stem, "lib" | "main");
    let module: Vec<String> = if root { Vec::new() } else { stem.split('/').map(str::to_owned).collect() };
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
    let mut reading = Reading { folder, module, in_test: file.attrs.iter().any(tests_only), ..Reading::default() };
    reading.visit_file(&file);
    Ok(reading)
}

impl Reading {
    fn name(&mut self, at: Span, segments: Vec<String>) {
        self.names.push(Name { line: at.start().line, segments, module: self.module.clone(), in_test: self.in_test });
    }

    fn function(&mut self, sig: &Signature, block: &Block) {
        let braces = block.brace_token.span;
        let lines = braces.close().start().line.saturating_sub(braces.open().start().line + 1);
        self.functions.push((sig.ident.to_string(), sig.ident.span().start().line, lines));
    }

    fn use_tree(&mut self, tree: &UseTree, mut prefix: Vec<String>) {
        let (ident, below) = match tree {
            UseTree::Path(path) => (&path.ident, Some(&*path.tree)),
            UseTree::Name(name) => (&name.ident, None),
            UseTree::Rename(rename) => (&rename.ident, None),
            UseTree::Group(group) => return group.items.iter().for_each(|item| self.use_tree(item, prefix.clone())),
            UseTree::Glob(glob) => {
                prefix.push("*".into());
                return self.name(glob.star_token.spans[0], prefix);
            }
            #[expect(unreachable_patterns, reason = "the enum may grow")]
            _ => return,
        };
        if prefix.is_empty() || ident != "self" {
            prefix.push(ident.to_string());
        }
        match below {
            Some(tree) => self.use_tree(tree, prefix),
            None => self.name(ident.span(), prefix),
        }
    }

    /// Finds `a::b`, `a::{b, c}` and `"crate::a"` among tokens nobody has parsed: macros and attributes.
    fn tokens(&mut self, tokens: TokenStream, prefix: &[String]) {
        let mut rest = tokens.into_iter().peekable();
        while let Some(token) = rest.next() {
            let ident = match token {
                TokenTree::Ident(ident) => ident,
                TokenTree::Group(group) => {
                    self.tokens(group.stream(), &[]);
                    continue;
                }
                TokenTree::Literal(literal) => {
                    if let Some(path) = literal.to_string().strip_prefix("\"crate::") {
                        let below = path.trim_end_matches('"').split("::").map(str::to_owned);
                        self.name(literal.span(), std::iter::once("crate".to_owned()).chain(below).collect());
                    }
                    continue;
                }
                TokenTree::Punct(_) => continue,
            };
            let mut segments = prefix.to_vec();
            segments.push(ident.to_string());
            while rest.next_if(begins_colons).is_some() {
                rest.next();
                match rest.peek() {
                    Some(TokenTree::Ident(next)) => segments.push(next.to_string()),
                    Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                        self.tokens(group.stream(), &segments);
                        segments.clear();
                    }
                    Some(star) if is_star(star) => segments.push("*".into()),
                    _ => break,
                }
                rest.next();
            }
            if segments.len() > 1 {
                self.name(ident.span(), segments);
            }
        }
    }

    fn test_file(&mut self, module: &ItemMod) {
        let path = module.attrs.iter().find(|a| a.path().is_ident("path")).and_then(|a| match &a.meta {
            syn::Meta::NameValue(pair) => Some(quoted(&pair.value)?),
            _ => None,
        });
        let below = if self.module.is_empty() { "src".to_owned() } else { format!("src/{}", self.module.join("/")) };
        let found = match path {
            Some(file) => [format!("{}/{file}", self.folder), String::new()],
            None => [format!("{below}/{}.rs", module.ident), format!("{below}/{}/", module.ident)],
        };
        self.test_files.extend(found.into_iter().filter(|f| !f.is_empty()));
    }
}

impl<'ast> Visit<'ast> for Reading {
    fn visit_item_mod(&mut self, module: &'ast ItemMod) {
        let outside = self.in_test;
        self.in_test |= module.attrs.iter().any(tests_only);
        if self.in_test && module.content.is_none() {
            self.test_file(module);
        }
        self.module.push(module.ident.to_string());
        visit::visit_item_mod(self, module);
        self.module.pop();
        self.in_test = outside;
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        self.use_tree(&item.tree, Vec::new());
    }

    fn visit_item_extern_crate(&mut self, item: &'ast ItemExternCrate) {
        self.name(item.ident.span(), vec![item.ident.to_string()]);
    }

    fn visit_path(&mut self, path: &'ast Path) {
        if let (Some(first), 2..) = (path.segments.first(), path.segments.len()) {
            self.name(first.ident.span(), path.segments.iter().map(|s| s.ident.to_string()).collect());
        }
        visit::visit_path(self, path);
    }

    fn visit_token_stream(&mut self, tokens: &'ast TokenStream) {
        self.tokens(tokens.clone(), &[]);
    }

    /// `pub(crate)` names no code.
    fn visit_vis_restricted(&mut self, _: &'ast VisRestricted) {}

    fn visit_item_fn(&mut self, function: &'ast ItemFn) {
        self.function(&function.sig, &function.block);
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast ImplItemFn) {
        self.function(&function.sig, &function.block);
        visit::visit_impl_item_fn(self, function);
    }

    fn visit_trait_item_fn(&mut self, function: &'ast TraitItemFn) {
        if let Some(block) = &function.default {
            self.function(&function.sig, block);
        }
        visit::visit_trait_item_fn(self, function);
    }

    fn visit_signature(&mut self, sig: &'ast Signature) {
        if sig.asyncness.is_some() && !self.in_test {
            self.asyncs.push(sig.ident.span().start().line);
        }
        visit::visit_signature(self, sig);
    }

    fn visit_expr_async(&mut self, block: &'ast ExprAsync) {
        if !self.in_test {
            self.asyncs.push(block.async_token.span.start().line);
        }
        visit::visit_expr_async(self, block);
    }
}

/// The first of two colons.
fn begins_colons(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == ':' && punct.spacing() == Spacing::Joint)
}

fn is_star(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == '*')
}

/// `#[cfg(test)]` or `#[cfg(all(test, …))]`.
fn tests_only(attribute: &Attribute) -> bool {
    let condition = match &attribute.meta {
        syn::Meta::List(list) if attribute.path().is_ident("cfg") => list.tokens.to_string(),
        _ => return false,
    };
    condition == "test" || condition.replace(' ', "").starts_with("all(test,")
}

fn quoted(value: &syn::Expr) -> Option<String> {
    match value {
        syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) => Some(text.value()),
        _ => None,
    }
}
