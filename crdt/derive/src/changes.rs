use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::ext::IdentExt;
use syn::{Fields, Member};

use crate::record::Record;

/// The types of a record's view and of what can change in it: each field's are parameters, so that these
/// types need nothing of what the record needs.
pub(crate) struct Types<'a> {
    record: &'a Record<'a>,
    pub(crate) view: Ident,
    pub(crate) change: Ident,
    /// The variants of the changes, by field.
    pub(crate) variants: Vec<Ident>,
    /// The parameters, by field.
    shown: Vec<Ident>,
    news: Vec<Ident>,
}

impl<'a> Types<'a> {
    pub(crate) fn new(record: &'a Record<'a>) -> Self {
        let name = &record.input.ident;
        let parameters =
            |letter| (0..record.fields.len()).map(|at| format_ident!("{letter}{at}")).collect();
        Self {
            record,
            view: format_ident!("{name}View"),
            change: format_ident!("{name}Change"),
            variants: record.members().map(variant).collect(),
            shown: parameters("V"),
            news: parameters("C"),
        }
    }

    /// What declares them.
    pub(crate) fn declared(&self) -> TokenStream {
        let (view, change, apply) = (self.declared_view(), self.declared_change(), self.applied());
        quote!(#view #change #apply)
    }

    fn declared_view(&self) -> TokenStream {
        let (view, shown, visibility) = (&self.view, &self.shown, &self.record.input.vis);
        let fields = self.record.fields.iter().zip(shown).map(|((member, field), shown)| {
            let (visibility, told) = (&field.vis, format!("What is shown of {}.", told(member)));
            let name = match member {
                Member::Named(name) => Some(quote!(#name:)),
                Member::Unnamed(_) => None,
            };
            quote!(#[doc = #told] #visibility #name #shown)
        });
        let fields = match self.record.shape() {
            Fields::Named(_) => quote!({ #(#fields),* }),
            Fields::Unnamed(_) => quote!((#(#fields),*);),
            Fields::Unit => quote!(;),
        };
        let told = format!("What is shown of a [`{}`].", self.record.input.ident);
        quote! {
            #[doc = #told]
            #[automatically_derived]
            #[derive(Clone, Debug, PartialEq, Eq, Hash)]
            #visibility struct #view<#(#shown),*> #fields
        }
    }

    fn declared_change(&self) -> TokenStream {
        let (change, variants, news) = (&self.change, &self.variants, &self.news);
        let visibility = &self.record.input.vis;
        let told = format!("What changed in a [`{}`].", self.record.input.ident);
        let each = self.record.members().map(|it| format!("This changed in {}.", self::told(it)));
        quote! {
            #[doc = #told]
            #[automatically_derived]
            #[derive(Clone, Debug, PartialEq, Eq, Hash)]
            #visibility enum #change<#(#news),*> {
                #(#[doc = #each] #variants(#news)),*
            }
        }
    }

    fn applied(&self) -> TokenStream {
        let (view, change, variants) = (&self.view, &self.change, &self.variants);
        let (shown, news) = (&self.shown, &self.news);
        let members: Vec<_> = self.record.members().collect();
        let apply = quote!(::glomers_crdt::changes::Apply);
        quote! {
            #[automatically_derived]
            impl<#(#shown,)* #(#news: #apply<#shown>),*> #apply<#view<#(#shown),*>>
                for #change<#(#news),*>
            {
                fn apply(
                    self,
                    view: &mut #view<#(#shown),*>,
                ) -> ::core::result::Result<(), ::glomers_crdt::changes::Misfit> {
                    // There may be no field.
                    let _ = &view;
                    match self {
                        #(Self::#variants(change) => #apply::apply(change, &mut view.#members),)*
                    }
                }
            }
        }
    }
}

pub(crate) fn derive(record: &Record<'_>) -> TokenStream {
    let name = &record.input.ident;
    let (generics, arguments, _) = record.generics().split_for_impl();
    let changes = quote!(::glomers_crdt::Changes);
    let bounds = record.bounds(&changes);
    let members: Vec<_> = record.members().collect();
    let of: Vec<_> = record.fields.iter().map(|(_, field)| &field.ty).collect();
    let types = Types::new(record);
    let declared = types.declared();
    let Types { view, change, variants, .. } = types;
    quote! {
        #declared

        #[automatically_derived]
        impl #generics #changes for #name #arguments #bounds {
            type View = #view<#(<#of as #changes>::View),*>;
            type Change = #change<#(<#of as #changes>::Change),*>;

            fn view(&self) -> Self::View {
                #view { #(#members: #changes::view(&self.#members)),* }
            }

            fn merge_each(&mut self, other: &Self, each: &mut dyn FnMut(Self::Change)) -> bool {
                let changed: &[bool] = &[#(
                    #changes::merge_each(&mut self.#members, &other.#members, &mut |change| {
                        each(#change::#variants(change))
                    })
                ),*];
                changed.contains(&true)
            }
        }
    }
}

/// The name of a field as one of a variant.
fn variant(member: &Member) -> Ident {
    match member {
        Member::Named(name) => {
            let capital = |word: &str| {
                let mut letters = word.chars();
                let first = letters.next().into_iter().flat_map(char::to_uppercase);
                first.chain(letters).collect::<String>()
            };
            let words: String = name.unraw().to_string().split('_').map(capital).collect();
            Ident::new(&words, name.span())
        }
        Member::Unnamed(at) => format_ident!("Field{}", at.index),
    }
}

fn told(member: &Member) -> String {
    match member {
        Member::Named(member) => format!("`{member}`"),
        Member::Unnamed(at) => format!("number {}", at.index),
    }
}
